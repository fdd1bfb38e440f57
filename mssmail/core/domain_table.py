"""Many domains with the names that may speak for each, in a few flat arrays instead of an object for every domain.

A white list of 200,000 entries is handed from one process to another, put into use and let go in one step each: what
consists of hundreds of thousands of objects would stop every session while it is made or freed.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping

from mssmail.core.names import DistinguishedName

Names = frozenset[DistinguishedName]


class DomainTable(Mapping[str, Names]):
    """Domains in the order of their octets; a look-up halves its way through.

    ``text`` holds them one after the other, ``ends`` where each ends, ``choices`` which of ``sets`` is its own. Raises
    ValueError for parts that do not fit together.
    """

    __slots__ = ("choices", "ends", "sets", "text")

    def __init__(self, text: bytes, ends: "array[int]", choices: "array[int]", sets: tuple[Names, ...]) -> None:
        if len(ends) != len(choices) or (ends[-1] if ends else 0) != len(text):
            raise ValueError("the parts of a domain table do not fit together")
        if choices and max(choices) >= len(sets):
            raise ValueError("a domain has names that are not in the table")
        self.text, self.ends, self.choices, self.sets = text, ends, choices, sets

    def __getitem__(self, domain: str) -> Names:
        """The names of this very domain; raises KeyError."""
        wanted = domain.encode("utf-8", "replace")
        low, high = 0, len(self.ends)
        while low < high:
            middle = (low + high) // 2
            if self._cut(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        if low == len(self.ends) or self._cut(low) != wanted:
            raise KeyError(domain)
        return self.sets[self.choices[low]]

    def __iter__(self) -> Iterator[str]:
        """The domains, in order."""
        return (self._cut(number).decode() for number in range(len(self.ends)))

    def __len__(self) -> int:
        """How many domains."""
        return len(self.ends)

    def _cut(self, number: int) -> bytes:
        return self.text[self.ends[number - 1] if number else 0 : self.ends[number]]


def build_domain_table(domains: Iterable[tuple[str, Names]]) -> DomainTable:
    """The table of these domains, each named once."""
    numbers: dict[Names, int] = {}
    rows = sorted((domain.encode(), numbers.setdefault(names, len(numbers))) for domain, names in domains)
    ends, choices, end = array("I"), array("I"), 0
    for domain, number in rows:
        end += len(domain)
        ends.append(end)
        choices.append(number)
    return DomainTable(b"".join(domain for domain, _ in rows), ends, choices, tuple(numbers))
