"""Dates of birth as documents write them and as people look for them."""

import re
from datetime import date
from typing import Final

_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})\d{0,12}(?:[+-]\d{4})?", re.ASCII)  # HL7 TS, of any precision
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_FRENCH: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", re.ASCII)
_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def parse_birthdate(text: str, this_year: int) -> date | None:
    """The day in ``19790315…``, ``1979-03-15``, ``15/03/1979`` or ``15/03/79``; None when it is none.

    Two digits are a year that is not after ``this_year``: nobody is born in the future.
    """
    text = text.strip()
    if (match := _COMPACT.fullmatch(text) or _ISO.fullmatch(text)) is not None:
        year, month, day = match[1], match[2], match[3]
    elif (match := _FRENCH.fullmatch(text)) is not None:
        day, month, year = match[1], match[2], match[3]
    else:
        return None
    number = int(year) if len(year) == 4 else _find_century(int(year), this_year)
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def _find_century(year: int, this_year: int) -> int:
    found = this_year - this_year % 100 + year
    return found if found <= this_year else found - 100


def spell_birthdate(day: date) -> tuple[str, ...]:
    """The ways people write it: compact, ISO, French with slashes, dots and dashes, short, and in words."""
    parts = (f"{day.day:02}", f"{day.month:02}", f"{day.year:04}")
    french = tuple(sign.join(parts) for sign in "/.- ")
    unpadded = f"{day.day}/{day.month}/{day.year}"
    short = f"{day.day:02}/{day.month:02}/{day.year % 100:02}"
    number = "1er" if day.day == 1 else str(day.day)
    words = f"{number} {_MONTHS[day.month - 1]} {day.year}"
    return tuple(dict.fromkeys((f"{day:%Y%m%d}", day.isoformat(), *french, unpadded, short, "".join(parts), words)))
