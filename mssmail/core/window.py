"""A stretch of a list of results, counted from either end (RFC 9394 §4, RFC 5267 §4.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """From ``first`` to ``last``, both within: 1 is the first result, -1 the last. Nearest to its end comes first."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first * self.last <= 0 or abs(self.first) > abs(self.last):
            raise ValueError("a window is counted from one end, outwards")

    def cut(self, results: Sequence[T]) -> Sequence[T]:
        """The results within, in their order."""
        if self.first > 0:
            return results[self.first - 1 : self.last]
        end = len(results) + self.first + 1
        return results[max(0, len(results) + self.last) : max(0, end)]

    def __str__(self) -> str:
        return f"{self.first}:{self.last}"


def build_window(one: int, other: int) -> Window:
    """The window between two places, in whichever order; raises ValueError for places from different ends."""
    first, last = sorted((one, other), key=abs)
    return Window(first, last)
