"""GETQUOTA and GETQUOTAROOT: one root, without a name, for all of an account (RFC 9208)."""

from mssmail.core.mailbox import OTHER_USERS, Quota
from mssmail.errors import NoSuchMailbox
from mssmail.imap.patterns import DELIMITER
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.names import NAMELESS
from mssmail.imap.wire.responses import QuotaRoots, QuotaStorage

_ROOT = ""
_UNIT = 1_024  # octets (RFC 9208 §5.1)


async def find(session: Session, command: c.GetQuota) -> Answer:
    """What the root allows; an account without a quota has no root."""
    quota = await session.store.find_quota(session.owner)
    if command.root != _ROOT or quota.limit is None:
        return no("There is no such quota root", "NONEXISTENT")
    await session.tell(_build(quota, quota.limit))
    return ok("GETQUOTA completed")


async def find_root(session: Session, command: c.GetQuotaRoot) -> Answer:
    """The mailbox's root, and what it allows; of others' mailboxes the root is not ours to see."""
    name, is_shared = await _find_name(session, command.mailbox)
    quota = Quota(0, None) if is_shared else await session.store.find_quota(session.owner)
    await session.tell(QuotaRoots(name, () if quota.limit is None else (_ROOT,)))
    if quota.limit is not None:
        await session.tell(_build(quota, quota.limit))
    return ok("GETQUOTAROOT completed")


async def _find_name(session: Session, mailbox: str) -> tuple[str, bool]:
    """The mailbox's name, and whether it is another's; one of ours need not be there yet (RFC 9208 §4.1.2)."""
    try:
        info = await session.store.find_mailbox(session.owner, mailbox, needs="r")
    except NoSuchMailbox:
        if mailbox in {*NAMELESS, OTHER_USERS} or mailbox.startswith(OTHER_USERS + DELIMITER):
            raise
        return mailbox, False
    return info.name, info.is_shared


def _build(quota: Quota, limit: int) -> QuotaStorage:
    """A full account never looks as if there were room."""
    return QuotaStorage(_ROOT, -(-quota.used // _UNIT), limit // _UNIT)
