"""When is a delivery tried again, when is it given up, and how gently is a peer met that was ill?

One item's next try is a table read from the top; beside it stand the rest a domain gets whose servers cannot be
reached, how much a domain may have in hand, and what becomes of an item this server died on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from mssmail.core.reply import Reply

_JITTER = 0.2  # of the waiting time, half of it either way
_HASTE_SECONDS = 5  # what was only crowded out comes back this soon


class Trouble(Enum):
    """Whose the trouble was."""

    RECIPIENT = "recipient"  # the peer spoke of this message or recipient
    PEER = "peer"  # nobody there can be spoken to: the domain rests, and the item waits with it
    OURS = "ours"  # a fault here, or trust data too old


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known when an attempt did not succeed. ``attempts`` counts it; ``reply`` is the peer's final word."""

    attempts: int
    queued_at: datetime
    trouble: Trouble = Trouble.RECIPIENT
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we try: seconds after the first, second, … attempt (the last repeats), and in all."""

    waits: Sequence[int]
    give_up_seconds: int
    set_aside_after: int = 3


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Wait until then. ``rule`` says why."""

    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Tell the sender. ``rule`` says why."""

    rule: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """Hold it for people: trying it again harms the others. ``rule`` says why."""

    rule: str


def judge_retry(trial: Trial, patience: Patience, now: datetime, chance: float) -> RetryAt | GiveUp:
    """Answer a delivery that did not succeed.

    RFC 5321 §4.5.4.1 asks for 30 minutes or more between attempts in general, and allows more haste at first.
    ``chance`` is from 0 to 1: a thousand messages that failed together do not come back together.
    """
    end = trial.queued_at + timedelta(seconds=patience.give_up_seconds)
    if trial.reply is not None and trial.reply.is_permanent:
        return GiveUp("refused-for-good")
    if now >= end:
        return GiveUp("waited-long-enough")
    rule, find_seconds = next((rule, seconds) for rule, holds, seconds in _WAITS if holds(trial))
    wait = spread(find_seconds(trial, patience.waits), chance)
    # Never beyond the end: the sender is told in time, after one last attempt.
    return RetryAt(min(now + timedelta(seconds=wait), end), rule)


_WAITS: tuple[tuple[str, Callable[[Trial], bool], Callable[[Trial, Sequence[int]], int]], ...] = (
    ("our-own-trouble", lambda each: each.trouble is Trouble.OURS, lambda each, waits: find_wait(waits, each.attempts)),
    # The domain's rest decides when; the item must only not be in its way.
    ("peer-unreachable", lambda each: each.trouble is Trouble.PEER, lambda _each, waits: find_wait(waits, 1)),
    # 452 4.5.3, too many recipients in one transaction, says nothing against this one.
    ("crowded-out", lambda each: _is_crowded(each.reply), lambda _each, _waits: _HASTE_SECONDS),
    ("refused-for-now", lambda _each: True, lambda each, waits: find_wait(waits, each.attempts)),
)


def judge_mishap(crashes: int, patience: Patience, now: datetime, chance: float) -> RetryAt | SetAside:
    """Answer an attempt that this process did not survive, or that a fault of ours ended; ``crashes`` counts it.

    The first may have been anybody's fault: it is tried at once. From the second on the item is suspected, and others
    go first.
    """
    if crashes >= max(patience.set_aside_after, 1):
        return SetAside("poison")
    wait = find_wait(patience.waits, crashes - 1) if crashes > 1 else 0
    return RetryAt(now + timedelta(seconds=spread(wait, chance)), "after-a-mishap")


def judge_rest(failures: int, now: datetime, waits: Sequence[int], chance: float) -> datetime:
    """Until when a domain is left alone whose servers could not be reached ``failures`` times in a row."""
    return now + timedelta(seconds=spread(find_wait(waits, failures), chance))


def judge_window(window: int, largest: int, *, is_well: bool) -> int:
    """How many items a domain may have in hand next: one after trouble, twice as many after each success.

    So two days of mail reach a peer that wakes as a stream that grows, not as a storm.
    """
    return min(max(window, 1) * 2, max(largest, 1)) if is_well else 1


def find_wait(waits: Sequence[int], number: int) -> int:
    """Seconds after the ``number``-th attempt."""
    return waits[min(max(number, 1), len(waits)) - 1] if waits else 0


def spread(seconds: float, chance: float) -> float:
    """About so many seconds: a tenth less or more, by ``chance``."""
    return seconds * (1 + _JITTER * (chance - 0.5))


def _is_crowded(reply: Reply | None) -> bool:
    return reply is not None and reply.code == 452 and reply.status in {"", "4.5.3"}
