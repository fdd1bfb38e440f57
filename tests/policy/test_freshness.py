"""The table of ages."""

from datetime import UTC, datetime, timedelta

import pytest

from mssmail.policy.freshness import Freshness, judge_freshness

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("age", "answer"),
    [
        (timedelta(0), Freshness.FRESH),
        (timedelta(days=3), Freshness.FRESH),
        (timedelta(days=3) + SECOND, Freshness.AGEING),
        (timedelta(days=14), Freshness.AGEING),
        (timedelta(days=14) + SECOND, Freshness.STALE),
        (-timedelta(days=1), Freshness.FRESH),
        (None, Freshness.STALE),
    ],
)
def test_age_decides(age: timedelta | None, answer: Freshness) -> None:
    generated_at = None if age is None else NOW - age
    assert judge_freshness(generated_at, NOW, ageing_days=3, stale_days=14) is answer
