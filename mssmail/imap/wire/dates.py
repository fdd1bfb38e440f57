"""Dates as IMAP writes and reads them: ``1-Feb-1994``, ``" 7-Feb-1994 21:52:25 -0800"`` (RFC 9051 §9)."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from mssmail.core.clock import require_aware
from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import Cursor

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name.upper().encode("ascii"): number for number, name in enumerate(MONTHS, start=1)}

# date-text = date-day "-" date-month "-" date-year
_DATE = re.compile(rb"([0-9]{1,2}+)-([A-Za-z]{3})-([0-9]{4})")
# date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
# zone = ("+" / "-") 4DIGIT; hours and minutes
_DATE_TIME = re.compile(
    rb'"( [0-9]|[0-9]{2})-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)


# date = date-text / DQUOTE date-text DQUOTE
def parse_date(cursor: Cursor) -> date:
    """A day of the calendar."""
    quoted = cursor.try_text(b'"')
    found = cursor.try_match(_DATE)
    if found is None:
        raise BadSyntax("expected a date")
    if quoted:
        cursor.expect_text(b'"')
    try:
        return date(int(found[3]), _parse_month(found[2]), int(found[1]))
    except ValueError as fault:
        raise BadSyntax("there is no such day") from fault


def parse_date_time(cursor: Cursor) -> datetime:
    """A moment, in UTC."""
    found = cursor.try_match(_DATE_TIME)
    if found is None:
        raise BadSyntax("expected a date and time")
    try:
        return _build_moment(found)
    except (ValueError, OverflowError) as fault:
        raise BadSyntax("there is no such moment") from fault


def _parse_month(name: bytes) -> int:
    number = _MONTH_NUMBERS.get(name.upper())
    if number is None:
        raise BadSyntax("there is no such month")
    return number


def _build_moment(found: re.Match[bytes]) -> datetime:
    day, year, hour, minute, second, zone_hours, zone_minutes = (int(found[n]) for n in (1, 3, 4, 5, 6, 8, 9))
    if zone_minutes >= 60:
        raise ValueError("a zone of more than 59 minutes")
    offset = timedelta(hours=zone_hours, minutes=zone_minutes)
    zone = timezone(-offset if found[7] == b"-" else offset)
    return datetime(year, _parse_month(found[2]), day, hour, minute, second, tzinfo=zone).astimezone(UTC)


def encode_date(day: date) -> bytes:
    """``1-Feb-1994``."""
    return b"%d-%s-%04d" % (day.day, MONTHS[day.month - 1].encode("ascii"), day.year)


def encode_date_time(moment: datetime, zone: tzinfo = UTC) -> bytes:
    """``"01-Feb-1994 21:52:25 +0000"`` with its quotes; two digits for the day, which everybody reads."""
    local = _localise(require_aware(moment), zone)
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    return b'"%02d-%s-%04d %02d:%02d:%02d %c%02d%02d"' % (
        local.day,
        MONTHS[local.month - 1].encode("ascii"),
        local.year,
        local.hour,
        local.minute,
        local.second,
        b"-" if minutes < 0 else b"+",
        *divmod(abs(minutes), 60),
    )


def _localise(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # the calendar's last day has already ended there
        return moment
