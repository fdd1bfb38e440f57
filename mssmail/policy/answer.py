"""Does an account answer this message by itself (RFC 3834 §2)? Nearly every rule says no: answers must never meet."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mssmail.core.address import Address, ReversePath
from mssmail.core.answer import AnswerTimes

# Local parts of machines (RFC 3834 §2, RFC 5230 §4.6); what begins with "owner-" or ends in "-request" too.
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster", "listserv", "majordomo", "noreply", "no-reply"})


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What is weighed.

    ``own`` are the account's addresses, aliases included; ``named`` those of the message's recipient fields. The three
    flags are what the message says of itself: Auto-Submitted, List-* and Precedence, a report. ``last_at`` is when this
    sender was answered last.
    """

    sender: ReversePath
    own: Collection[Address]
    named: Collection[Address]
    is_automatic: bool = False
    is_list: bool = False
    is_report: bool = False
    is_patient: bool = False
    last_at: datetime | None = None


def judge_answer(facts: AnswerFacts, times: AnswerTimes, now: datetime) -> str:
    """Why no answer is sent, in a word; empty: it is."""
    sender = facts.sender
    own = {each.key for each in facts.own}
    if sender is None:
        return "null-sender"
    if not times.holds(now):
        return "not-now"
    if facts.is_automatic or facts.is_report:
        return "automatic"
    if facts.is_list:
        return "list"
    if is_machine(sender):
        return "machine"
    if sender.key in own:
        return "own"
    if not own & {each.key for each in facts.named}:  # a blind copy, or mail by a list that does not say so
        return "not-named"
    if facts.last_at is not None and facts.is_patient:
        return "patient-answered"
    if facts.last_at is not None and now < facts.last_at + timedelta(days=times.days):
        return "answered"
    return ""


def is_machine(sender: Address) -> bool:
    """Nobody reads what is sent there."""
    local = sender.local.lower()
    return (
        local in _MACHINES
        or local.startswith(("owner-", "fwd-", "lst-", "srs0=", "srs1=", "prvs=", "bounce-", "bounces+"))
        or local.endswith(("-request", "-owner", "-bounces"))
    )
