"""Where a value lies in respect of an interval: the whole table."""

from decimal import Decimal

import pytest

from mssmail.documents.hprim import read_quantity, read_range
from mssmail.documents.interval import Interval, Limit, Place, locate, parse_number

_INSIDE, _OUTSIDE, _UNKNOWN = Place.INSIDE, Place.OUTSIDE, Place.UNKNOWN


@pytest.mark.parametrize(
    ("value", "low", "high", "place"),
    [
        ("5", "3", "6", _INSIDE),
        ("3", "3", "6", _INSIDE),
        ("6", "3", "6", _INSIDE),
        ("6.0001", "3", "6", _OUTSIDE),
        ("2,9", "3", "6", _OUTSIDE),
        ("5", "", "6", _INSIDE),
        ("7", "", "6", _OUTSIDE),
        ("7", "3", "", _INSIDE),
        ("2", "3", "", _OUTSIDE),
        ("5", "", "", _UNKNOWN),
        ("5", "6", "3", _UNKNOWN),
        ("0", "0.5", "0.5", _UNKNOWN),
        ("5", "about 3", "6", _UNKNOWN),
        ("7", "about 3", "6", _OUTSIDE),
        ("< 1.0", "", "5.0", _INSIDE),
        ("< 1.0", "0", "5.0", _UNKNOWN),
        ("< 1.0", "1.0", "", _OUTSIDE),
        ("<= 1.0", "1.0", "", _UNKNOWN),
        ("> 33", "", "6.1", _OUTSIDE),
        ("> 6.1", "", "6.1", _OUTSIDE),
        (">= 6.1", "", "6.1", _UNKNOWN),
        ("> 5", "3", "6", _UNKNOWN),
        ("> 5", "3", "", _INSIDE),
    ],
)
def test_locates(value: str, low: str, high: str, place: Place) -> None:
    quantity = read_quantity(value)
    assert quantity is not None
    assert locate(quantity, read_range(low, high)) is place


def test_never_compares_numbers_in_different_units() -> None:
    five = parse_number("5")
    reference = Interval(Limit(parse_number("0.7"), "g/L"), Limit(parse_number("1.1"), "g/L"))
    assert locate(Interval(Limit(five, "mmol/L"), Limit(five, "mmol/L")), reference) is Place.UNKNOWN
    assert locate(Interval(Limit(five, "g/L"), Limit(five, "g/L")), reference) is Place.OUTSIDE


def test_an_excluded_bound_is_outside() -> None:
    six = Limit(parse_number("6"))
    assert locate(Interval(six, six), Interval(high=Limit(parse_number("6"), inclusive=False))) is Place.OUTSIDE
    assert locate(Interval(six, six), Interval(high=six)) is Place.INSIDE


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e99999", "1,5", "", "--1", "0x10", "1" * 40, None])
def test_what_is_no_number(text: str | None) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize("text", ["1", "-1.5", "+0.", ".5", "1e3", " 6.9 "])
def test_what_is_a_number(text: str) -> None:
    assert parse_number(text) == Decimal(text.strip())
