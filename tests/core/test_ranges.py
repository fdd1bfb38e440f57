"""Ranges, against sets of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.mailbox import compress
from mssmail.core.ranges import Range, find_gaps, intersect

NUMBERS = st.frozensets(st.integers(1, 30))


def _expand(ranges: list[Range]) -> list[int]:
    return [number for low, high in ranges for number in range(low, high + 1)]


@given(NUMBERS, NUMBERS)
def test_an_intersection_is_that_of_the_sets(left: frozenset[int], right: frozenset[int]) -> None:
    both = list(intersect(list(compress(sorted(left))), list(compress(sorted(right)))))
    assert _expand(both) == sorted(left & right)


@given(NUMBERS, st.integers(0, 35))
def test_gaps_are_what_is_left(numbers: frozenset[int], last: int) -> None:
    assert _expand(list(find_gaps(sorted(numbers), last))) == [n for n in range(1, last + 1) if n not in numbers]
