"""Who may have signed a revocation list that the certificate's own issuer did not: RFC 5280 §6.3.3 (f)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from mssmail.core.verdict import Outcome
from mssmail.trust.certificate import NameKey
from mssmail.trust.chain import Path, judge_chain, judge_dates
from mssmail.trust.link import Link
from mssmail.trust.policies import PolicyRequest
from mssmail.trust.search import Search
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose, find_usage_fault

_MAX_CANDIDATES: Final = 16


class Signers:
    """Certificates by name, each with a path to the one anchor of the path in question; found once for each name."""

    def __init__(self, store: TrustStore, extra: Sequence[Link], anchor: Link, at: datetime) -> None:
        self._store, self._extra, self._anchor, self._at = store, extra, anchor, at
        self._found: dict[NameKey, tuple[Path, ...]] = {}

    def find(self, name: NameKey) -> tuple[Path, ...]:
        """Paths from certificates of this name, right in everything but revocation, which is asked elsewhere."""
        if name not in self._found:
            self._found[name] = tuple(self._iterate_paths(name))
        return self._found[name]

    def _iterate_paths(self, name: NameKey) -> Iterator[Path]:
        if self._anchor.subject == name:
            yield (self._anchor,)
        sent = (link for link in self._extra if link.subject == name)
        known = (*self._store.intermediates.get(name, ()), *sent)
        candidates = {link.der: link for link in known if name}
        for link in islice(candidates.values(), _MAX_CANDIDATES):
            yield from filter(self._is_good, Search(self._store, self._extra).iterate_paths(link))

    def _is_good(self, path: Path) -> bool:
        """The anchor must be that of the certificate asked about (RFC 5280 §6.3.3 (f))."""
        chain, _ = judge_chain(path, PolicyRequest())
        facts = (chain, judge_dates(path, self._at))
        return (
            path[-1].der == self._anchor.der
            and all(fact.outcome is Outcome.PASSED for fact in facts)
            and not find_usage_fault(path, Purpose.ANY, self._store.policy)
        )
