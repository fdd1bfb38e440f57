"""Moments on the command line."""

from datetime import UTC, datetime

import click
import pytest

from mssmail.cli.moments import MOMENT


@pytest.mark.parametrize("text", ["2026-06-01T12:00:00Z", "2026-06-01T14:00:00+02:00", "2026-06-01T12:00:00"])
def test_reads_a_moment(text: str) -> None:
    assert MOMENT.convert(text, None, None) == datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_refuses_what_is_none() -> None:
    with pytest.raises(click.BadParameter, match="is no moment"):
        MOMENT.convert("yesterday", None, None)
