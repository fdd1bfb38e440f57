"""How large a message other domains take, as their servers said when we last met them (RFC 1870 §4)."""

from collections.abc import Iterable
from typing import Final

from mssmail.core.address import Address
from mssmail.core.decision import Accept, Decision, Refuse
from mssmail.policy.size import find_own_limit, find_peer_limit, judge_size_there
from mssmail.settings import Settings

_MAX_KEPT: Final = 10_000


class PeerSizes:
    """Forgotten when the server ends: then a message that is too large comes back as a report instead."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def learn(self, domain: str, max_bytes: int | None) -> None:
        """The domain's server announced this; None: it sets no limit."""
        self._known.pop(domain, None)
        if max_bytes is not None:
            while len(self._known) >= _MAX_KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[domain] = max_bytes

    def find(self, domain: str) -> int | None:
        """What is known to be the most; None: nothing is."""
        return self._known.get(domain)


def judge_sizes(settings: Settings, sizes: PeerSizes, octets: int | None, recipients: Iterable[Address]) -> Decision:
    """Whether a message of so many octets, None when nobody knows, is small enough for all of these."""
    for name in dict.fromkeys(recipient.domain for recipient in recipients):
        own = settings.find_domain(name)
        limit = find_peer_limit(name, settings.route, sizes.find(name)) if own is None else find_own_limit(own)
        decision = judge_size_there(octets, name, limit)
        if isinstance(decision, Refuse):
            return decision
    return Accept("size-there")
