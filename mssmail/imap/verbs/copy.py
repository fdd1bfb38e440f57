"""COPY and UID COPY, all or none (RFC 9051 §6.4.7, RFC 4315 §3)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import Code, build_copy_uid


async def run(session: Session, command: c.Copy) -> Answer:
    """Copying nothing is no failure, and has no COPYUID."""
    view = session.selected
    uids = await session.resolve(command.numbers)
    if not uids:
        await session.store.find_mailbox(session.owner, command.mailbox, needs="i")  # RFC 9051 §6.4.7: it must be there
        return ok("COPY completed")
    session.progress.aim(len(uids))  # it is one step: all or none
    copied = await session.store.copy(session.owner, view.mailbox_id, uids, command.mailbox)
    session.note_made(copied)
    if view.is_shared and copied.uids:  # from now on it is read where the box's owner does not see it
        await session.note_read([uid for uid, _ in copied.uids])
    session.note("copied", mailbox=command.mailbox, messages=len(copied.uids))
    if len(copied.uids) < len(uids):
        return ok("COPY completed, but some messages were expunged", build_copy_uid(copied) or Code("EXPUNGEISSUED"))
    return ok("COPY completed", build_copy_uid(copied))
