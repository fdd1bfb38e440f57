"""When is a delivery tried again, and when is it given up?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mssmail.core.reply import Reply

_JITTER = 0.2  # of the waiting time, half of it either way


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Wait until then."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Tell the sender. ``rule`` says why."""

    rule: str


def judge_retry(
    attempts: int,
    queued_at: datetime,
    now: datetime,
    reply: Reply | None,
    waits: Sequence[int],
    give_up_seconds: int,
    jitter: float,
) -> RetryAt | GiveUp:
    """Answer a delivery that did not succeed; ``attempts`` counts it, ``reply`` is the peer's, if there was one.

    ``waits`` are the seconds after the first, second, … attempt; the last repeats (RFC 5321 §4.5.4.1 asks for 30
    minutes or more in general and allows more haste at first). ``jitter`` is a number from 0 to 1 by chance: a thousand
    messages that failed together do not come back together.
    """
    if reply is not None and reply.is_permanent:
        return GiveUp("refused-for-good")
    last_at = queued_at + timedelta(seconds=give_up_seconds)
    if now >= last_at:
        return GiveUp("waited-long-enough")
    wait = waits[min(max(attempts, 1), len(waits)) - 1] if waits else 0
    # Never beyond the end: the sender is told in time, after one last attempt.
    return RetryAt(min(now + timedelta(seconds=wait * (1 + _JITTER * (jitter - 0.5))), last_at))
