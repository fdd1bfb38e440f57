from datetime import UTC, datetime, timedelta

from mssmail.core.answer import AnswerTimes

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def test_the_end_is_not_in_it_and_the_beginning_is() -> None:
    times = AnswerTimes(7, NOW, NOW + timedelta(days=1))
    assert times.holds(NOW)
    assert not times.holds(NOW + timedelta(days=1))
    assert not times.holds(NOW - timedelta(seconds=1))
