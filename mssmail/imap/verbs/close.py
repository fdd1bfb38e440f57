"""CLOSE: leave the mailbox and remove what is marked, without a word about it (RFC 9051 §6.4.1)."""

from contextlib import suppress

from mssmail.core.mailbox import EXPUNGED_AT_A_TIME
from mssmail.errors import MailboxGone
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(session: Session, _: c.Close) -> Answer:
    """After EXAMINE nothing is removed. A mailbox that somebody deleted can be left all the same."""
    view = session.selected
    changes = 0
    if not view.read_only and "e" in view.rights:
        with suppress(MailboxGone):
            gone = await session.store.expunge(view.mailbox_id, None)
            changes = -(-len(gone) // EXPUNGED_AT_A_TIME)
    session.deselect(own_changes=changes)
    return ok("CLOSE completed")
