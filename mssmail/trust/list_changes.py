"""What a new white list changes, counted, the first of each kind named.

Two lists may differ in each of 200,000 entries: nothing of that size is built only to be counted and freed again.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mssmail.core.domain_table import DomainTable, build_domain_table
from mssmail.core.names import DistinguishedName

Names = frozenset[DistinguishedName]
_NOTHING: Final = build_domain_table(())


@dataclass(frozen=True, slots=True)
class NameChange:
    """A domain that stays and whose names changed."""

    domain: str
    gained: Names
    lost: Names


@dataclass(frozen=True, slots=True)
class ListChanges:
    """How many domains came, went, or changed their names; of each at most as many as were asked for, in order."""

    added: int
    removed: int
    changed: int
    loss_percent: float  # of the old list's domains that are gone
    first_added: tuple[str, ...] = ()
    first_removed: tuple[str, ...] = ()
    first_changed: tuple[NameChange, ...] = ()


NO_CHANGES: Final = ListChanges(0, 0, 0, 0.0)


def count_changes(old: DomainTable | None, new: DomainTable, limit: int) -> ListChanges:
    """The change from one list's domains to the next one's; from nothing, everything is added."""
    before = _NOTHING if old is None else old
    counts = [0, 0, 0]
    added: list[str] = []
    removed: list[str] = []
    changed: list[NameChange] = []
    for domain, was, now in _iterate(before, new):
        if was is None:
            counts[0] += 1
            _keep(added, domain, limit)
        elif now is None:
            counts[1] += 1
            _keep(removed, domain, limit)
        elif before.cut_set(was) != new.cut_set(now):
            counts[2] += 1
            if len(changed) < limit:
                names_before, names_now = before.read_set(was), new.read_set(now)
                changed.append(NameChange(domain.decode(), names_now - names_before, names_before - names_now))
    loss = 100 * counts[1] / len(before) if before else 0.0
    return ListChanges(counts[0], counts[1], counts[2], loss, tuple(added), tuple(removed), tuple(changed))


def _keep(found: list[str], domain: bytes, limit: int) -> None:
    if len(found) < limit:
        found.append(domain.decode())


def _iterate(before: DomainTable, after: DomainTable) -> Iterator[tuple[bytes, int | None, int | None]]:
    """(domain, number of its set before, and after) for each domain of either, in order of its octets."""
    olds = ((octets, 0, chosen) for octets, chosen in before.iterate_rows())
    news = ((octets, 1, chosen) for octets, chosen in after.iterate_rows())
    for domain, rows in itertools.groupby(heapq.merge(olds, news), key=lambda row: row[0]):
        found: list[int | None] = [None, None]
        for _, side, chosen in rows:
            found[side] = chosen
        yield domain, found[0], found[1]
