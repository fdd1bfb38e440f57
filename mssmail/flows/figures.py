"""What deliveries amount to, by peer: how long mail took, and why it was not taken. For metrics; nothing is kept.

Labels are bounded: the first ``MAX_PEERS`` domains have figures of their own, the rest share one row, and causes are a
short list. So a thousand domains cannot make a thousand times a dozen series.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

MAX_PEERS: Final = 100
OTHERS: Final = "other"
BUCKETS: Final = (1, 5, 30, 60, 300, 1_800, 7_200, 43_200, 172_800)
"""Seconds from queued to taken, upper bounds; what took longer is only in the count."""


@dataclass
class Delays:
    """A histogram: how many took at most so long (not cumulative), how many in all, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    number: int = 0
    seconds: float = 0.0

    def note(self, seconds: float) -> None:
        """One more."""
        self.number += 1
        self.seconds += seconds
        place = next((place for place, limit in enumerate(BUCKETS) if seconds <= limit), None)
        if place is not None:
            self.counts[place] += 1


@dataclass
class Figures:
    """Counted since the start of this process."""

    delays: dict[str, Delays] = field(default_factory=dict)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)  # by (peer, cause)
    _known: set[str] = field(default_factory=set)

    def note_delivery(self, domain: str, seconds: float) -> None:
        """A recipient's server took it, so long after it was queued."""
        self.delays.setdefault(self._name(domain), Delays()).note(seconds)

    def note_refusal(self, domain: str, cause: str) -> None:
        """It was not taken: ``cause`` is a retry rule, or the class of the reply."""
        self.refusals[self._name(domain), cause] += 1

    def _name(self, domain: str) -> str:
        if domain in self._known:
            return domain
        if len(self._known) >= MAX_PEERS:
            return OTHERS
        self._known.add(domain)
        return domain
