"""Journal entries refuse moments without a zone."""

from datetime import UTC, datetime

import pytest

from mssmail.journal import Entry, Event


def test_an_entry_has_an_aware_moment() -> None:
    entry = Entry(datetime(2026, 1, 1, tzinfo=UTC), Event.RECEIVED, "id1", {"size": 3})
    assert entry.facts["size"] == 3
    with pytest.raises(ValueError, match="time zone"):
        Entry(datetime(2026, 1, 1), Event.RECEIVED, "id1")  # noqa: DTZ001 - naive on purpose
