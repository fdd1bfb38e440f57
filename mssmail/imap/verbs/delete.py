"""DELETE (RFC 9051 §6.3.5)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(session: Session, command: c.Delete) -> Answer:
    """Remove the mailbox; when it is the selected one the client is left with none selected."""
    info = await session.store.find_mailbox(session.owner, command.mailbox, needs="x")
    await session.store.delete_mailbox(session.owner, command.mailbox)
    session.note_names(info.name)
    if session.view is not None and session.view.mailbox_id == info.id:
        session.deselect()
    session.note("deleted", mailbox=info.name)
    return ok("DELETE completed")
