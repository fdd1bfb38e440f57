"""Many domains with the names that may speak for each: one block of octets instead of an object for every one.

A white list of 200,000 entries is handed from one process to another, put into use and let go in one step each: what
consists of hundreds of thousands of objects would stop every session while it is made, looked through by the garbage
collector, or freed. A block may be memory that another process has written; nothing of it is copied.

::

    counts        6 numbers: domains, sets, members, names, octets of the domains, octets of the names
    domain ends   where each domain ends in their text   } in the order of
    choices       which set each domain has              } the domains' octets
    set ends      where each set ends among the members
    members       the names of each set, by number, in order
    name ends     where each name ends in their text, in the order of the names' octets
    text          the domains one after the other, then the names
"""

import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, pairwise
from typing import Final

from mssmail.core.names import DistinguishedName, decode_exact, encode_exact

Names = frozenset[DistinguishedName]

_COUNTS: Final = struct.Struct("6I")
_NUMBER_BYTES: Final = 4
_PIECE: Final = 20_000  # numbers that are looked at in one step; other threads run in between


class DomainTable(Mapping[str, Names]):
    """Domains and names in the order of their octets; a look-up halves its way through.

    Made by ``build_domain_table`` and ``TableBuilder``, or over their ``block`` again; raises ValueError for a block
    whose parts do not fit together. A name that cannot be read is a ValueError of the look-up that comes upon it.
    """

    __slots__ = ("_choices", "_domain_ends", "_domains", "_members", "_name_ends", "_names", "_set_ends", "block")

    def __init__(self, block: bytes | memoryview) -> None:
        self.block = memoryview(block)
        try:
            domains, sets, members, names, domain_octets, name_octets = _COUNTS.unpack_from(self.block)
        except struct.error as error:
            raise ValueError("a domain table begins with its counts") from error
        cuts = [*accumulate((domains, domains, sets, members, names), initial=0)]
        numbers_end = _COUNTS.size + cuts[-1] * _NUMBER_BYTES
        if numbers_end + domain_octets + name_octets != len(self.block):
            raise ValueError("the parts of a domain table do not fit together")
        numbers = self.block[_COUNTS.size : numbers_end].cast("I")
        parts = [numbers[start:end] for start, end in pairwise(cuts)]
        self._domain_ends, self._choices, self._set_ends, self._members, self._name_ends = parts
        self._domains = self.block[numbers_end : numbers_end + domain_octets]
        self._names = self.block[numbers_end + domain_octets :]
        for ends, length in (
            (self._domain_ends, domain_octets),
            (self._set_ends, members),
            (self._name_ends, name_octets),
        ):
            if (ends[-1] if ends else 0) != length:
                raise ValueError("the parts of a domain table do not fit together")
        if _find_largest(self._choices) >= sets or _find_largest(self._members) >= names:
            raise ValueError("a domain has names that are not in the domain table")

    def __getitem__(self, domain: str) -> Names:
        """The names of this very domain; raises KeyError."""
        row = self._find_row(domain)
        if row is None:
            raise KeyError(domain)
        return self.read_set(self._choices[row])

    def __contains__(self, domain: object) -> bool:
        """This very domain is in the table."""
        return isinstance(domain, str) and self._find_row(domain) is not None

    def __iter__(self) -> Iterator[str]:
        """The domains, in order."""
        return (octets.decode() for octets, _ in self.iterate_rows())

    def __len__(self) -> int:
        """How many domains."""
        return len(self._domain_ends)

    def __eq__(self, other: object) -> bool:
        """The same domains with the same names."""
        return self.block == other.block if isinstance(other, DomainTable) else super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as every mapping

    @property
    def name_count(self) -> int:
        """How many different names speak for any domain."""
        return len(self._name_ends)

    def has_name(self, name: DistinguishedName) -> bool:
        """This name speaks for some domain."""
        return self._find_name(name) is not None

    def may_speak(self, name: DistinguishedName, domain: str) -> bool:
        """This name speaks for this very domain."""
        row, number = self._find_row(domain), self._find_name(name)
        return row is not None and number is not None and self._is_member(number, self._choices[row])

    def find_domains(self, name: DistinguishedName) -> frozenset[str]:
        """The domains this name may speak for; walks the whole table."""
        number = self._find_name(name)
        if number is None:
            return frozenset()
        sets = {each for each in range(len(self._set_ends)) if self._is_member(number, each)}
        return frozenset(octets.decode() for octets, chosen in self.iterate_rows() if chosen in sets)

    def iterate_rows(self) -> Iterator[tuple[bytes, int]]:
        """The octets of each domain, in order, and the number of its set."""
        start = 0
        for end, chosen in zip(self._domain_ends, self._choices, strict=True):
            yield bytes(self._domains[start:end]), chosen
            start = end

    def cut_set(self, number: int) -> frozenset[bytes]:
        """The names of a set as octets: equal ones in every table for equal names."""
        low, high = _find_span(self._set_ends, number)
        return frozenset(_cut(self._names, self._name_ends, self._members[at]) for at in range(low, high))

    def read_set(self, number: int) -> Names:
        """The names of a set."""
        return frozenset(map(decode_exact, self.cut_set(number)))

    def _find_row(self, domain: str) -> int | None:
        return _find(self._domains, self._domain_ends, domain.encode("utf-8", "replace"))

    def _find_name(self, name: DistinguishedName) -> int | None:
        return _find(self._names, self._name_ends, encode_exact(name))

    def _is_member(self, name: int, number: int) -> bool:
        low, high = _find_span(self._set_ends, number)
        at = bisect_left(self._members, name, low, high)
        return at < high and self._members[at] == name


class TableBuilder:
    """Gathers domains and names, each kept once (400 names serve thousands of domains)."""

    def __init__(self) -> None:
        self._names: dict[bytes, int] = {}
        self._domains: dict[str, array[int]] = {}

    def __bool__(self) -> bool:
        """There is a domain."""
        return bool(self._domains)

    def add_name(self, name: DistinguishedName) -> int:
        """The number of this name, for ``list_domain``."""
        return self._names.setdefault(encode_exact(name), len(self._names))

    def list_domain(self, domain: str, names: Iterable[int]) -> None:
        """Let these names speak for the domain, beside those that may already."""
        if domain not in self._domains:
            self._domains[domain] = array("I")
        self._domains[domain].extend(names)

    def build(self) -> DomainTable:
        """The table."""
        names = sorted(self._names)
        places = array("I", bytes(_NUMBER_BYTES * len(names)))
        for place, octets in enumerate(names):
            places[self._names[octets]] = place
        sets: dict[bytes, int] = {}  # of the numbers' octets: in these alone a set is small
        choices, members, set_ends = array("I"), array("I"), array("I")
        rows = sorted((domain.encode(), chosen) for domain, chosen in self._domains.items())
        for _, chosen in rows:
            some = array("I", sorted({places[number] for number in chosen}))
            number = sets.setdefault(some.tobytes(), len(sets))
            if number == len(set_ends):
                members.extend(some)
                set_ends.append(len(members))
            choices.append(number)
        domains = [octets for octets, _ in rows]
        numbers = (_find_ends(domains), choices, set_ends, members, _find_ends(names))
        counts = (len(domains), len(sets), len(members), len(names), sum(map(len, domains)), sum(map(len, names)))
        return DomainTable(b"".join((_COUNTS.pack(*counts), *(part.tobytes() for part in numbers), *domains, *names)))


def build_domain_table(domains: Iterable[tuple[str, Names]]) -> DomainTable:
    """The table of these domains."""
    builder = TableBuilder()
    for domain, names in domains:
        builder.list_domain(domain, map(builder.add_name, names))
    return builder.build()


def _find_ends(texts: Iterable[bytes]) -> "array[int]":
    return array("I", accumulate(map(len, texts)))


def _find_span(ends: memoryview, number: int) -> tuple[int, int]:
    return ends[number - 1] if number else 0, ends[number]


def _cut(text: memoryview, ends: memoryview, number: int) -> bytes:
    low, high = _find_span(ends, number)
    return bytes(text[low:high])


def _find(text: memoryview, ends: memoryview, wanted: bytes) -> int | None:
    """The number of these octets in a text that is in order."""
    at = bisect_left(range(len(ends)), wanted, key=lambda number: _cut(text, ends, number))
    return at if at < len(ends) and _cut(text, ends, at) == wanted else None


def _find_largest(numbers: memoryview) -> int:
    """-1 of none."""
    return max((max(numbers[at : at + _PIECE]) for at in range(0, len(numbers), _PIECE)), default=-1)
