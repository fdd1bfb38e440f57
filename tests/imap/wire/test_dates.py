"""Dates, both ways."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.dates import encode_date, encode_date_time, parse_date, parse_date_time
from tests.imap.wire.support import build_cursor


@pytest.mark.parametrize("text", [b"1-Feb-1994", b"01-feb-1994", b'"1-FEB-1994"'])
def test_a_day_may_be_quoted_and_its_month_in_any_case(text: bytes) -> None:
    cursor = build_cursor(text)
    assert parse_date(cursor) == date(1994, 2, 1)
    cursor.expect_end()


@pytest.mark.parametrize(
    "text",
    [b"", b"1-Feb-94", b"29-Feb-1994", b"0-Feb-1994", b"1-Foo-1994", b"1-Feb-0000", b'"1-Feb-1994', b"-1-Feb-1994"],
)
def test_what_is_no_day_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_date(build_cursor(text))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b'" 7-Feb-1994 21:52:25 -0800"', datetime(1994, 2, 8, 5, 52, 25, tzinfo=UTC)),
        (b'"17-Jul-1996 02:44:25 +0530"', datetime(1996, 7, 16, 21, 14, 25, tzinfo=UTC)),
        (b'"31-dec-1999 23:59:59 +0000"', datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc(text: bytes, moment: datetime) -> None:
    assert parse_date_time(build_cursor(text)) == moment


@pytest.mark.parametrize(
    "text",
    [
        b'"7-Feb-1994 21:52:25 -0800"',  # the day takes two places
        b'" 7-Feb-1994 21:52:25"',
        b'" 7-Feb-1994 24:00:00 +0000"',
        b'" 7-Feb-1994 21:52:61 +0000"',
        b'" 7-Feb-1994 21:52:25 +0060"',
        b'" 7-Feb-1994 21:52:25 +2400"',
        b'" 0-Feb-1994 21:52:25 +0000"',
        b'"30-Feb-1994 21:52:25 +0000"',
        b'" 7-Xyz-1994 21:52:25 +0000"',
        b'" 1-Jan-0001 00:00:00 +0100"',  # before the calendar, in UTC
        b" 7-Feb-1994 21:52:25 +0000",
    ],
)
def test_what_is_no_moment_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_date_time(build_cursor(text))


def test_days_and_moments_are_written_as_the_grammar_has_them() -> None:
    assert encode_date(date(1994, 2, 1)) == b"1-Feb-1994"
    zone = timezone(timedelta(hours=-8))
    assert encode_date_time(datetime(1994, 2, 7, 21, 52, 25, tzinfo=zone)) == b'"08-Feb-1994 05:52:25 +0000"'


@pytest.mark.parametrize(
    ("moment", "zone", "written"),
    [
        (datetime(2026, 7, 31, 22, 30, tzinfo=UTC), ZoneInfo("Europe/Paris"), b'"01-Aug-2026 00:30:00 +0200"'),
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Paris"), b'"01-Feb-2026 00:30:00 +0100"'),
        (datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("America/St_Johns"), b'"31-Dec-2025 20:30:00 -0330"'),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), ZoneInfo("Europe/Paris"), b'"31-Dec-9999 23:59:00 +0000"'),
        (datetime(1, 1, 1, tzinfo=UTC), ZoneInfo("America/St_Johns"), b'"01-Jan-0001 00:00:00 +0000"'),
    ],
)
def test_a_moment_is_told_in_the_zone_that_is_wanted(moment: datetime, zone: tzinfo, written: bytes) -> None:
    assert encode_date_time(moment, zone) == written


def test_a_moment_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="time zone"):
        encode_date_time(datetime(1994, 2, 7))  # noqa: DTZ001
