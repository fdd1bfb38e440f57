"""NAMESPACE (RFC 2342): one's own mailboxes, and none of other people's yet."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Namespaces


async def run(session: Session, _: c.Namespace) -> Answer:
    """Personal, other users', shared."""
    await session.tell(Namespaces())
    return ok("NAMESPACE completed")
