"""The table of deliveries that did not succeed."""

from datetime import UTC, datetime, timedelta

import pytest

from mssmail.core.reply import Reply
from mssmail.policy.retry import GiveUp, RetryAt, judge_retry

QUEUED = datetime(2026, 6, 1, tzinfo=UTC)
WAITS = (60, 300, 900)
LATER, NEVER = Reply(451, "4.3.0", "later"), Reply(550, "5.1.1", "never")
MIDDLE = 0.5  # no jitter either way


def _at(seconds: float) -> datetime:
    return QUEUED + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("attempts", "now", "reply", "jitter", "answer"),
    [
        (1, 10, LATER, MIDDLE, RetryAt(_at(70))),
        (1, 10, None, MIDDLE, RetryAt(_at(70))),
        (2, 10, LATER, MIDDLE, RetryAt(_at(310))),
        (3, 10, LATER, MIDDLE, RetryAt(_at(910))),
        (99, 10, LATER, MIDDLE, RetryAt(_at(910))),
        (0, 10, LATER, MIDDLE, RetryAt(_at(70))),
        (1, 10, LATER, 0.0, RetryAt(_at(64))),
        (1, 10, LATER, 1.0, RetryAt(_at(76))),
        (1, 10, NEVER, MIDDLE, GiveUp("refused-for-good")),
        (3, 4_500, LATER, MIDDLE, RetryAt(_at(5_000))),
        (9, 4_999, None, MIDDLE, RetryAt(_at(5_000))),
        (9, 5_000, None, MIDDLE, GiveUp("waited-long-enough")),
        (9, 5_001, LATER, MIDDLE, GiveUp("waited-long-enough")),
    ],
)
def test_when_it_is_tried_again_and_when_given_up(
    attempts: int, now: float, reply: Reply | None, jitter: float, answer: RetryAt | GiveUp
) -> None:
    assert judge_retry(attempts, QUEUED, _at(now), reply, WAITS, 5_000, jitter) == answer


def test_no_waiting_times_means_at_once() -> None:
    assert judge_retry(4, QUEUED, _at(1), LATER, (), 5_000, MIDDLE) == RetryAt(_at(1))
