"""What a new white list changes, counted, the first of each kind named.

Two lists may differ in each of 200,000 entries: nothing of that size is built only to be counted and freed again.
"""

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mssmail.core.domain_table import DomainTable
from mssmail.core.names import DistinguishedName
from mssmail.core.whitelist import WhiteList
from mssmail.trust.whitelist import NameChange

Names = frozenset[DistinguishedName]


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


NO_CHANGES = ListChanges(0, 0, 0, 0.0)


def count_changes(old: WhiteList | None, new: WhiteList, limit: int) -> ListChanges:
    """The change from one list to the next; from nothing, everything is added."""
    before: Mapping[str, Names] = old.domains if old is not None else {}
    counts = [0, 0, 0]
    added: list[str] = []
    removed: list[str] = []
    changed: list[NameChange] = []
    for domain, was, now in _iterate(before, new.domains):
        if was is None:
            counts[0] += 1
            _keep(added, domain, limit)
        elif now is None:
            counts[1] += 1
            _keep(removed, domain, limit)
        elif was != now:
            counts[2] += 1
            if len(changed) < limit:
                changed.append(NameChange(domain, now - was, was - now))
    loss = 100 * counts[1] / len(before) if before else 0.0
    return ListChanges(counts[0], counts[1], counts[2], loss, tuple(added), tuple(removed), tuple(changed))


def _keep(found: list[str], domain: str, limit: int) -> None:
    if len(found) < limit:
        found.append(domain)


def _iterate(
    before: Mapping[str, Names], after: Mapping[str, Names]
) -> Iterator[tuple[str, Names | None, Names | None]]:
    """(domain, names before, names after) for each domain of either, in order of its octets."""
    olds = ((domain.encode(), 0) for domain in _sort(before))
    news = ((domain.encode(), 1) for domain in _sort(after))
    for octets, _ in itertools.groupby(heapq.merge(olds, news), key=lambda pair: pair[0]):
        domain = octets.decode()
        yield domain, before.get(domain), after.get(domain)


def _sort(domains: Mapping[str, Names]) -> Iterable[str]:
    """Tables are in order already."""
    return domains if isinstance(domains, DomainTable) else sorted(domains, key=str.encode)
