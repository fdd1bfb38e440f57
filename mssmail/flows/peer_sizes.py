"""How large a message other domains take, as their servers said when we last met them (RFC 1870 §4)."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Final

from mssmail.core.address import Address
from mssmail.core.clock import Clock, read_clock
from mssmail.core.decision import Accept, Decision, Refuse
from mssmail.policy.size import find_own_limit, find_peer_limit, judge_size_there
from mssmail.settings import Settings
from mssmail.store.engine import Connection, Store
from mssmail.store.peers import PeerSize, forget_size, load_sizes, save_size

KEEP: Final = timedelta(days=7)
"""What was not said again for so long may have changed: then a message that is too large comes back as a report."""
SAVE_EVERY: Final = timedelta(days=1)
_MAX_KEPT: Final = 10_000
_log = logging.getLogger(__name__)


class PeerSizes:
    """What is known; with a store it outlives the process, and nobody waits for that."""

    def __init__(self, store: Store | None = None, clock: Clock = read_clock) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, PeerSize] = {}
        self._saved_at: dict[str, datetime] = {}

    def load(self) -> None:
        """Begin with what was known before; blocks."""
        if self._store is not None:
            since = self._clock() - KEEP
            kept = self._store.read(lambda conn: load_sizes(conn, since, _MAX_KEPT)).result()
            self._known |= {each.domain: each for each in kept}

    def learn(self, domain: str, max_bytes: int | None) -> None:
        """The domain's server announced this; None: it sets no limit."""
        before, now = self._known.pop(domain, None), self._clock()
        if max_bytes is None:
            if before is not None:
                self._saved_at.pop(domain, None)
                self._write(lambda conn: forget_size(conn, domain))
            return
        while len(self._known) >= _MAX_KEPT:
            oldest = next(iter(self._known))
            self._known.pop(oldest)
            self._saved_at.pop(oldest, None)
        size = self._known[domain] = PeerSize(domain, max_bytes, now)
        saved_at = self._saved_at.get(domain)
        is_known = before is not None and before.max_bytes == max_bytes
        if not is_known or saved_at is None or now - saved_at >= SAVE_EVERY:
            self._saved_at[domain] = now
            self._write(lambda conn: save_size(conn, size))

    def find(self, domain: str) -> int | None:
        """What is known to be the most; None: nothing is."""
        known = self._known.get(domain)
        return known.max_bytes if known is not None and self._clock() - known.learnt_at < KEEP else None

    def _write(self, work: Callable[[Connection], None]) -> None:
        if self._store is not None:
            self._store.submit(work).add_done_callback(_tell)


def _tell(future: "Future[None]") -> None:
    if (error := future.exception()) is not None:
        _log.error("what a peer's server takes could not be remembered", exc_info=error)


def judge_sizes(settings: Settings, sizes: PeerSizes, octets: int | None, recipients: Iterable[Address]) -> Decision:
    """Whether a message of so many octets, None when nobody knows, is small enough for all of these."""
    for name in dict.fromkeys(recipient.domain for recipient in recipients):
        own = settings.find_domain(name)
        limit = find_peer_limit(name, settings.route, sizes.find(name)) if own is None else find_own_limit(own)
        decision = judge_size_there(octets, name, limit)
        if isinstance(decision, Refuse):
            return decision
    return Accept("size-there")
