"""Do we take this recipient, from a peer or from one of our clients?"""

from collections.abc import Iterator
from dataclasses import dataclass

from mssmail.core.account import Account
from mssmail.core.address import Address
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.reply import quote_text
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.shadow import settle
from mssmail.settings import Domain


@dataclass(frozen=True, slots=True)
class Box:
    """What we hold for a recipient: our own domain of that name and the account in it, each None when there is none."""

    domain: Domain | None
    account: Account | None
    is_full: bool = False  # the account's quota leaves no room
    leads_on: bool = False  # no account of that name, but an address that leads to some, here or elsewhere
    refusal: Refuse | None = None  # a list's, to who may not write to it


@dataclass(frozen=True, slots=True)
class Taken:
    """The recipients this transaction has taken so far; ``first`` is the own domain of the first one."""

    count: int
    max_count: int
    first: Domain | None = None


def judge_recipient(recipient: Address, box: Box, taken: Taken) -> Decision:
    """Answer RCPT TO of a peer: our own accounts only, one S/MIME mode per message.

    What can never succeed comes first, so that a sender with too many recipients learns at once which are wrong.
    """
    return settle(weigh_recipient(recipient, box, taken)).decision


def weigh_recipient(recipient: Address, box: Box, taken: Taken) -> Iterator[Decision | None]:
    """The same question, rule by rule, for ``policy.shadow.settle``."""
    if box.domain is None:
        text = f"Relaying denied: {quote_text(recipient.domain)} is not served here"
        yield refuse("not-our-domain", 550, "5.7.1", text)
        return
    yield _judge_account(recipient, box)
    yield _judge_mode(box.domain, taken)
    yield _judge_number(taken)
    yield _judge_room(recipient, box)
    yield Accept("own-account")


def judge_submitted_recipient(
    recipient: Address, box: Box, taken: Taken, white_list: WhiteList | None, freshness: Freshness
) -> Decision:
    """Answer RCPT TO of one of our clients: an account here, or a member of the trust space."""
    return settle(weigh_submitted_recipient(recipient, box, taken, white_list, freshness)).decision


def weigh_submitted_recipient(
    recipient: Address, box: Box, taken: Taken, white_list: WhiteList | None, freshness: Freshness
) -> Iterator[Decision | None]:
    """The same question, rule by rule, for ``policy.shadow.settle``."""
    yield _judge_account(recipient, box) if box.domain is not None else _judge_far(recipient, white_list, freshness)
    yield _judge_number(taken)
    yield _judge_room(recipient, box)
    yield Accept("own-account" if box.domain is not None else "listed-domain")


def _judge_far(recipient: Address, white_list: WhiteList | None, freshness: Freshness) -> Refuse | None:
    if white_list is None or freshness is Freshness.STALE:
        return refuse("white-list-stale", 451, "4.7.5", "The white list here is not up to date; try again later")
    if not white_list.has_domain(recipient.domain):
        text = f"Mail must not leave the trust space: {quote_text(recipient.domain)} is not on the white list"
        return refuse("recipient-domain-not-listed", 550, "5.7.1", text)
    return None


def _judge_account(recipient: Address, box: Box) -> Refuse | None:
    if box.account is None and box.leads_on:
        return box.refusal
    if box.account is None:
        return refuse("unknown-account", 550, "5.1.1", f"No such account here: {quote_text(str(recipient))}")
    if box.account.suspended:
        # Final: a suspension is an administrator's act of unknown length, and the author should know at once.
        return refuse("account-suspended", 550, "5.2.1", f"The account {quote_text(str(recipient))} takes no mail")
    return None


def _judge_mode(domain: Domain, taken: Taken) -> Refuse | None:
    # DATA has one answer for all recipients: whoever asks for more than the first one's domain waits for another round.
    first = taken.first
    if first is None or (domain.smime, domain.accept_encrypted) == (first.smime, first.accept_encrypted):
        return None
    text = "Another signature rule than the first recipient's: send it in a message of its own"
    return refuse("mode-differs", 452, "4.5.3", text)


def _judge_number(taken: Taken) -> Refuse | None:
    if taken.count >= taken.max_count:
        text = f"Too many recipients: {taken.max_count} are taken in one message"
        return refuse("too-many-recipients", 452, "4.5.3", text)
    return None


def _judge_room(recipient: Address, box: Box) -> Refuse | None:
    if box.is_full:
        return refuse("over-quota", 452, "4.2.2", f"The account {quote_text(str(recipient))} is full")
    return None
