"""Stretches of results, from either end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.window import Window, build_window


@pytest.mark.parametrize(
    ("one", "other", "shown", "cut"),
    [
        (1, 1, "1:1", [1]),
        (2, 4, "2:4", [2, 3, 4]),
        (4, 2, "2:4", [2, 3, 4]),
        (4, 9, "4:9", [4, 5]),
        (6, 9, "6:9", []),
        (-1, -1, "-1:-1", [5]),
        (-3, -1, "-1:-3", [3, 4, 5]),
        (-2, -9, "-2:-9", [1, 2, 3, 4]),
        (-6, -9, "-6:-9", []),
    ],
)
def test_counts_from_the_end_it_is_said_from(one: int, other: int, shown: str, cut: list[int]) -> None:
    window = build_window(one, other)
    assert str(window) == shown
    assert list(window.cut([1, 2, 3, 4, 5])) == cut


@pytest.mark.parametrize(("one", "other"), [(1, -1), (-2, 3), (0, 1), (1, 0)])
def test_both_ends_are_counted_from_the_same_side(one: int, other: int) -> None:
    with pytest.raises(ValueError, match="one end"):
        build_window(one, other)


def test_a_window_is_kept_outwards() -> None:
    with pytest.raises(ValueError, match="outwards"):
        Window(3, 2)


@given(st.lists(st.integers()), st.integers(1, 20), st.integers(1, 20))
def test_from_the_end_is_from_the_start_of_the_reverse(results: list[int], one: int, other: int) -> None:
    backwards = build_window(-one, -other).cut(results)
    assert list(backwards)[::-1] == list(build_window(one, other).cut(results[::-1]))
