"""The tables of deliveries that did not succeed, of domains that rest, and of what a domain may have in hand."""

from datetime import UTC, datetime, timedelta

import pytest

from mssmail.core.reply import Reply
from mssmail.policy.retry import (
    GiveUp,
    Patience,
    RetryAt,
    SetAside,
    Trial,
    Trouble,
    judge_mishap,
    judge_rest,
    judge_retry,
    judge_window,
)

QUEUED = datetime(2026, 6, 1, tzinfo=UTC)
WAITS = (60, 300, 900)
LATER, NEVER, CROWDED = Reply(451, "4.3.0", "later"), Reply(550, "5.1.1", "never"), Reply(452, "4.5.3", "too many")
FULL = Reply(452, "4.2.2", "mailbox full")
MIDDLE = 0.5  # no jitter either way
PEER, OURS = Trouble.PEER, Trouble.OURS


def _at(seconds: float) -> datetime:
    return QUEUED + timedelta(seconds=seconds)


def _again(seconds: float, rule: str = "refused-for-now") -> RetryAt:
    return RetryAt(_at(seconds), rule)


@pytest.mark.parametrize(
    ("trial", "now", "chance", "answer"),
    [
        (Trial(1, QUEUED, reply=LATER), 10, MIDDLE, _again(70)),
        (Trial(1, QUEUED), 10, MIDDLE, _again(70)),
        (Trial(2, QUEUED, reply=LATER), 10, MIDDLE, _again(310)),
        (Trial(3, QUEUED, reply=LATER), 10, MIDDLE, _again(910)),
        (Trial(99, QUEUED, reply=LATER), 10, MIDDLE, _again(910)),
        (Trial(0, QUEUED, reply=LATER), 10, MIDDLE, _again(70)),
        (Trial(1, QUEUED, reply=LATER), 10, 0.0, _again(64)),
        (Trial(1, QUEUED, reply=LATER), 10, 1.0, _again(76)),
        (Trial(2, QUEUED, reply=CROWDED), 10, MIDDLE, _again(15, "crowded-out")),
        (Trial(2, QUEUED, reply=FULL), 10, MIDDLE, _again(310)),
        (Trial(7, QUEUED, PEER), 10, MIDDLE, _again(70, "peer-unreachable")),
        (Trial(2, QUEUED, OURS, LATER), 10, MIDDLE, _again(310, "our-own-trouble")),
        (Trial(1, QUEUED, reply=NEVER), 10, MIDDLE, GiveUp("refused-for-good")),
        (Trial(3, QUEUED, reply=LATER), 4_500, MIDDLE, _again(5_000)),
        (Trial(9, QUEUED), 4_999, MIDDLE, _again(5_000)),
        (Trial(9, QUEUED), 5_000, MIDDLE, GiveUp("waited-long-enough")),
        (Trial(9, QUEUED, PEER, LATER), 5_001, MIDDLE, GiveUp("waited-long-enough")),
    ],
)
def test_when_it_is_tried_again_and_when_given_up(
    trial: Trial, now: float, chance: float, answer: RetryAt | GiveUp
) -> None:
    assert judge_retry(trial, Patience(WAITS, 5_000), _at(now), chance) == answer


def test_no_waiting_times_means_at_once() -> None:
    assert judge_retry(Trial(4, QUEUED, reply=LATER), Patience((), 5_000), _at(1), MIDDLE) == _again(1)


@pytest.mark.parametrize(
    ("crashes", "limit", "answer"),
    [
        (1, 3, RetryAt(_at(0), "after-a-mishap")),
        (2, 3, RetryAt(_at(60), "after-a-mishap")),
        (3, 3, SetAside("poison")),
        (4, 3, SetAside("poison")),
        (1, 0, SetAside("poison")),
    ],
)
def test_what_we_died_on_is_tried_apart_and_then_set_aside(
    crashes: int, limit: int, answer: RetryAt | SetAside
) -> None:
    assert judge_mishap(crashes, Patience(WAITS, 5_000, limit), QUEUED, MIDDLE) == answer


@pytest.mark.parametrize(("failures", "seconds"), [(0, 60), (1, 60), (2, 300), (3, 900), (50, 900)])
def test_a_domain_that_fails_again_rests_longer(failures: int, seconds: float) -> None:
    assert judge_rest(failures, QUEUED, WAITS, MIDDLE) == _at(seconds)
    assert _at(seconds * 0.9) <= judge_rest(failures, QUEUED, WAITS, 0.1) < _at(seconds)


@pytest.mark.parametrize(
    ("window", "largest", "is_well", "answer"),
    [(1, 64, True, 2), (0, 64, True, 2), (32, 64, True, 64), (64, 64, True, 64), (64, 64, False, 1), (1, 0, True, 1)],
)
def test_what_a_domain_may_have_in_hand(window: int, largest: int, is_well: bool, answer: int) -> None:
    assert judge_window(window, largest, is_well=is_well) == answer
