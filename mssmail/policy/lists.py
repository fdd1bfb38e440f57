"""May this sender write to this list, and does the message wait for a moderator?"""

from enum import Enum

from mssmail.core.address import Address, ReversePath
from mssmail.core.decision import Refuse, refuse
from mssmail.core.lists import MailList, Posting, Role
from mssmail.core.reply import quote_text


class Publication(Enum):
    """What becomes of a message to a list."""

    PUBLISH = "publish"
    HOLD = "hold"  # for a moderator
    DROP = "drop"  # nobody waits for it


def judge_list_sender(
    found: MailList, sender: ReversePath, roles: frozenset[Role], *, is_member: bool
) -> Refuse | None:
    """Answer RCPT TO of a list; ``roles`` and membership are the reverse path's."""
    shown = quote_text(str(found.address), 150)
    if sender is None:  # reports and automatic answers; a list answers nobody, so nobody must answer it
        return refuse("list-takes-no-reports", 550, "5.7.2", f"{shown} is a list: it takes no reports")
    if not may_post(found, sender, roles, is_member=is_member):
        text = f"{quote_text(str(sender), 150)} may not write to the list {shown}"
        return refuse("may-not-write-to-list", 550, "5.7.2", text)  # RFC 3463 §3.8, mailing list expansion prohibited
    return None


def judge_post(
    found: MailList,
    author: Address | None,
    roles: frozenset[Role],
    *,
    is_member: bool,
    is_answer: bool,
) -> Publication:
    """Answer the end of DATA; ``author`` is From's when a signature or a sign-in vouches for it, else None.

    The reverse path was judged at RCPT. Whoever only claims to be the author waits for a moderator.
    """
    if is_answer:  # Auto-Submitted: auto-replied (RFC 3834 §5)
        return Publication.DROP
    if author is None or not may_post(found, author, roles, is_member=is_member):
        return Publication.HOLD
    is_trusted = author.key == found.owner.key or Role.MODERATOR in roles
    return Publication.HOLD if found.moderated and not is_trusted else Publication.PUBLISH


def may_post(found: MailList, sender: Address, roles: frozenset[Role], *, is_member: bool) -> bool:
    """The sender may write to the list, be it by a moderator's leave."""
    return (
        sender.key == found.owner.key
        or bool(roles)
        or found.posting is Posting.ANYONE
        or (found.posting is Posting.MEMBERS and is_member)
    )
