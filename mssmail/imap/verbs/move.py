"""MOVE and UID MOVE: to another mailbox in one step, each message wholly or not at all (RFC 6851)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import build_copy_uid


async def run(session: Session, command: c.Move) -> Answer:
    """COPYUID comes first (RFC 6851 §4.3), EXPUNGE or VANISHED with the news that follow every command."""
    view = session.selected
    session.require_rights("te")  # RFC 6851 §4.4 asks for what its three steps would need
    uids = await session.resolve(command.numbers)
    if not uids:
        await session.store.find_mailbox(session.owner, command.mailbox, needs="i")  # RFC 9051 §6.4.8: it must be there
        return ok("MOVE completed")
    session.progress.aim(len(uids))
    moved = await session.store.move(session.owner, view.mailbox_id, uids, command.mailbox, session.progress.count)
    session.note_made(moved)
    view.note_removed(uid for uid, _ in moved.uids)
    if view.is_shared and moved.uids:  # from now on it is read where the box's owner does not see it
        await session.note_read([uid for uid, _ in moved.uids])
    session.note("moved", mailbox=command.mailbox, messages=len(moved.uids))
    code = build_copy_uid(moved)
    if code is not None:
        await session.tell(ok("Moved", code))
    return ok("MOVE completed" if len(moved.uids) == len(uids) else "MOVE completed, but some messages were expunged")
