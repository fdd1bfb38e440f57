"""NOOP: nothing, but what happened in the mailbox is told after every command (RFC 9051 §6.1.2)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(_: Session, __: c.Noop) -> Answer:
    """Nothing."""
    return ok("NOOP completed")
