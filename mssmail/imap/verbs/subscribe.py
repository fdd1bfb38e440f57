"""SUBSCRIBE and UNSUBSCRIBE (RFC 9051 §6.3.7, §6.3.8). The mailbox need not be there: it may come back."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(session: Session, command: c.Subscribe) -> Answer:
    """Remember or forget."""
    await session.store.subscribe(session.owner, command.mailbox, subscribed=command.subscribed)
    session.note_names(command.mailbox)
    return ok("SUBSCRIBE completed" if command.subscribed else "UNSUBSCRIBE completed")
