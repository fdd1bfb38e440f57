"""Ranges of numbers: ascending, disjoint (low, high) pairs, for sets that are told rather than looped over."""

from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]


def intersect(left: Sequence[Range], right: Sequence[Range]) -> Iterator[Range]:
    """What is in both."""
    here = there = 0
    while here < len(left) and there < len(right):
        low = max(left[here][0], right[there][0])
        high = min(left[here][1], right[there][1])
        if low <= high:
            yield low, high
        if left[here][1] < right[there][1]:
            here += 1
        else:
            there += 1


def find_gaps(numbers: Iterable[int], last: int) -> Iterator[Range]:
    """From 1 to ``last``, what is not among these ascending numbers."""
    following = 1
    for number in numbers:
        if following < number:
            yield following, min(number - 1, last)
        following = number + 1
        if following > last:
            return
    if following <= last:
        yield following, last
