"""DELETE (RFC 9051 §6.3.5)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.tree import NON_EXISTENT
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import Code
from mssmail.imap.wire.responses import ListLine


async def run(session: Session, command: c.Delete) -> Answer:
    """Remove the mailbox; when it is the selected one the client is told that it has none selected any more."""
    info = await session.store.find_mailbox(session.owner, command.mailbox, needs="x")
    await session.store.delete_mailbox(session.owner, command.mailbox)
    session.note_names(info.name)
    if session.view is not None and session.view.mailbox_id == info.id:
        session.deselect()
        await session.tell(ok("The mailbox is closed", Code("CLOSED")))  # RFC 9051 §3, (6)
    session.note("deleted", mailbox=info.name)
    if session.dialect.has_rev2 and info.name != command.mailbox:  # RFC 9051 §6.3.9.7
        await session.tell(ListLine(info.name, (NON_EXISTENT,), old_name=command.mailbox))
    return ok("DELETE completed")
