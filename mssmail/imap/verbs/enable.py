"""ENABLE: extensions that change what we may say (RFC 5161). We have none yet, which is an answer too."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Enabled


async def run(session: Session, _: c.Enable) -> Answer:
    """Unknown names are ignored (RFC 5161 §3.1)."""
    await session.tell(Enabled(()))
    return ok("ENABLE completed")
