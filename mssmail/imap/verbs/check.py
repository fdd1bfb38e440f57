"""CHECK: everything is on disk already, so it is NOOP (RFC 3501 §6.4.1)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(_: Session, __: c.Check) -> Answer:
    """Nothing."""
    return ok("CHECK completed")
