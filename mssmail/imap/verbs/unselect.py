"""UNSELECT: leave the mailbox and remove nothing (RFC 3691)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(session: Session, _: c.Unselect) -> Answer:
    """Leave."""
    session.deselect()
    return ok("UNSELECT completed")
