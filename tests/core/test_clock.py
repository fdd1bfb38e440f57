"""Moments are aware."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mssmail.core.clock import read_clock, require_aware


def test_the_clock_is_in_utc() -> None:
    assert read_clock().utcoffset() == timedelta(0)


def test_a_moment_elsewhere_becomes_utc() -> None:
    paris = datetime(2026, 7, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert require_aware(paris) == paris
    assert require_aware(paris).tzinfo is UTC


def test_refuses_a_naive_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        require_aware(datetime(2026, 7, 1))  # noqa: DTZ001 - naive on purpose
