"""IDLE: news as they come, until DONE (RFC 2177). The server waits on the bell; ``catch_up`` has the news."""

from mssmail.imap.replies import Answer, bad, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Continuation


async def run(session: Session, _: c.Idle) -> None:
    """Listen first, then ask, so that nothing falls between the two."""
    session.listen()
    await session.catch_up(may_expunge=True)
    await session.tell_clock()
    session.expect_line(_read_done)
    await session.tell(Continuation("idling"))


async def _read_done(session: Session, line: bytes) -> Answer:
    session.stop_listening()
    if line.strip().upper() != b"DONE":
        return bad("DONE was expected")
    return ok("IDLE completed")
