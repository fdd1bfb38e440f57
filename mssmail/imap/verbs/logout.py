"""LOGOUT (RFC 9051 §6.1.3)."""

from mssmail.imap.replies import Answer, bye, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(session: Session, _: c.Logout) -> Answer:
    """BYE first, then OK; the server then closes."""
    await session.tell(bye("Signing out"))
    session.close()
    return ok("LOGOUT completed")
