"""NAMESPACE (RFC 2342): one's own mailboxes, and those of others that one may use."""

from mssmail.core.mailbox import OTHER_USERS
from mssmail.imap.patterns import DELIMITER
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Namespaces


async def run(session: Session, _: c.Namespace) -> Answer:
    """Personal, other users', shared."""
    await session.tell(Namespaces(others=((OTHER_USERS + DELIMITER, DELIMITER),)))
    return ok("NAMESPACE completed")
