"""IDLE: news as they come, until DONE (RFC 2177). The server waits on the bell, and what it does then has the news."""

from mssmail.imap.news import push
from mssmail.imap.replies import Answer, bad, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Continuation


async def run(session: Session, _: c.Idle) -> None:
    """Listen first, then ask, so that nothing falls between the two.

    What happened before is told after the continuation: Thunderbird ends IDLE when it hears of an EXPUNGE, takes the
    continuation that comes then for the end, and every later answer for that of the command before.
    """
    session.listen()
    session.expect_line(_read_done)
    await session.tell(Continuation("idling"))
    await push(session)


async def _read_done(session: Session, line: bytes) -> Answer:
    session.stop_listening()
    if line.strip().upper() != b"DONE":
        return bad("DONE was expected")
    return ok("IDLE completed")
