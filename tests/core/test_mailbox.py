"""Sequence sets, runs and layouts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.mailbox import (
    STAR,
    UID,
    Changes,
    ModSeq,
    SeqSet,
    UIDSet,
    ViewLayout,
    compress,
    drop_reserved,
    has_number,
    list_parents,
    pack,
)
from mssmail.core.message import Span


@pytest.mark.parametrize(
    ("ranges", "largest", "expected"),
    [
        (((1, 1),), 9, ((1, 1),)),
        (((1, STAR),), 9, ((1, 9),)),
        (((STAR, STAR),), 9, ((9, 9),)),
        (((12, STAR),), 9, ((9, 12),)),  # RFC 9051 §9: the order of the two ends does not matter
        (((5, 2), (3, 4), (7, 7)), 9, ((2, 5), (7, 7))),
        (((1, 2), (3, 4)), 9, ((1, 4),)),
        (((4, 6), (1, 9)), 9, ((1, 9),)),
    ],
)
def test_resolves_a_set(
    ranges: tuple[tuple[int, int], ...], largest: int, expected: tuple[tuple[int, int], ...]
) -> None:
    assert SeqSet(ranges).resolve(largest) == expected


@pytest.mark.parametrize("ranges", [(), ((0, 1),), ((1, -2),)])
def test_refuses_a_set_that_is_none(ranges: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        UIDSet(ranges)


@given(st.sets(st.integers(1, 60)))
def test_runs_cover_exactly_the_numbers(numbers: set[int]) -> None:
    runs = list(compress(sorted(numbers)))
    assert {n for low, high in runs for n in range(low, high + 1)} == numbers
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(runs))


def test_the_size_of_a_view_counts_prefix_and_cuts() -> None:
    layout = ViewLayout(1, b"X: y\r\n", Span(0, 40), (Span(0, 10), Span(20, 25)), b"", 100)
    assert layout.size == 6 + 100 - 15


def test_no_change_is_empty() -> None:
    assert Changes((), (), (), ModSeq(3)).is_empty
    assert not Changes((), (), (UID(1),), ModSeq(3)).is_empty


@pytest.mark.parametrize(("number", "found"), [(1, False), (2, True), (4, True), (5, False), (7, True), (8, False)])
def test_a_number_lies_in_a_range_or_not(number: int, found: bool) -> None:
    assert has_number(((2, 4), (7, 7)), number) is found
    assert not has_number((), number)


def test_keywords_of_our_verdict_are_reserved_in_any_case() -> None:
    assert drop_reserved(["$SMIMEvalid", "$smimeinvalid", "$SMIMEValidated", "\\Seen"]) == {
        "$SMIMEValidated",
        "\\Seen",
    }


def test_packed_numbers_are_the_numbers() -> None:
    assert list(pack(UID(number) for number in (7, 1, 2**32 - 1))) == [7, 1, 2**32 - 1]


def test_the_names_above() -> None:
    assert list_parents("a/b/c") == ["a", "a/b"]
    assert list_parents("a") == []
