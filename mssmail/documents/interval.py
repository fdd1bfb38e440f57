"""Quantities as intervals, and where one lies in respect of another. A plain number is an interval of no width."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)


def parse_number(text: str | None) -> Decimal | None:
    """The number written here with a decimal point, or None: neither NaN nor infinity, and of bounded length."""
    stripped = "" if text is None else text.strip()
    return Decimal(stripped) if _NUMBER.fullmatch(stripped) else None


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of an interval. ``number`` is None when something is written that is no number: then nobody knows."""

    number: Decimal | None
    unit: str | None = None
    inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Interval:
    """From low to high; an end that is None is open to infinity."""

    low: Limit | None = None
    high: Limit | None = None

    @property
    def is_bounded(self) -> bool:
        """It says something."""
        return self.low is not None or self.high is not None

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The ends that are there."""
        return tuple(limit for limit in (self.low, self.high) if limit is not None)


def build_point(number: Decimal, unit: str | None = None) -> Interval:
    """A plain number."""
    limit = Limit(number, unit)
    return Interval(limit, limit)


class Place(Enum):
    """Where a value lies in respect of a reference interval."""

    INSIDE = "inside"  # all of it
    OUTSIDE = "outside"  # all of it, on one side
    UNKNOWN = "unknown"


def locate(value: Interval, reference: Interval) -> Place:
    """Compare, in the same unit only. Equal or inverted reference limits are a typing fault: nothing is said.

    A limit that cannot be read, or is in another unit, never makes a value normal; the other limit can still show that
    it is outside.
    """
    if not reference.is_bounded or not value.is_bounded or _is_inverted(reference):
        return Place.UNKNOWN
    if _is_beyond(value.low, reference.high) or _is_beyond(reference.low, value.high):
        return Place.OUTSIDE
    is_held = _is_held(value.low, reference.low, 1) and _is_held(value.high, reference.high, -1)
    return Place.INSIDE if is_held else Place.UNKNOWN


def _is_inverted(reference: Interval) -> bool:
    low, high = reference.low, reference.high
    if low is None or high is None or low.number is None or high.number is None:
        return False
    return low.number >= high.number


def _is_beyond(greater: Limit | None, lesser: Limit | None) -> bool:
    """Everything from ``greater`` on is more than everything up to ``lesser``."""
    if greater is None or lesser is None or greater.unit != lesser.unit:
        return False
    if greater.number is None or lesser.number is None:
        return False
    touching = greater.number == lesser.number
    return greater.number > lesser.number or (touching and not (greater.inclusive and lesser.inclusive))


def _is_held(inner: Limit | None, outer: Limit | None, sign: int) -> bool:
    """The value's end does not reach over the reference's; sign 1 for low ends, -1 for high ends."""
    if outer is None:
        return True
    if inner is None or inner.unit != outer.unit or inner.number is None or outer.number is None:
        return False
    difference = sign * (inner.number - outer.number)
    return difference > 0 or (difference == 0 and (outer.inclusive or not inner.inclusive))
