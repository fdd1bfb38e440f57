r"""EXPUNGE and UID EXPUNGE: remove what is marked \Deleted, all or of those named (RFC 9051 §6.4.3, RFC 4315 §2.1)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(session: Session, command: c.Expunge) -> Answer:
    """Remove; the EXPUNGE responses come with the news that follow every command."""
    view = session.selected
    session.require_rights("e")
    named = None if command.uids is None else await session.resolve(command.uids)
    if named is None or named:
        session.progress.aim(None if named is None else len(named))
        gone = await session.store.expunge(view.mailbox_id, named, session.progress.count)
        view.note_removed(gone)
        session.note("expunged", messages=len(gone))
    return ok("EXPUNGE completed")
