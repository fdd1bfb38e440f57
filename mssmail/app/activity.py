"""What an operator did in a month: figures from the journal, counted as its entries pass by.

Memory is bounded whatever strangers declare: the rarer names of a figure are counted together once there are many.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mssmail.core.findings import Mark
from mssmail.journal import Event

OTHER: Final = "other"
UNDECLARED: Final = "none"
MAX_NAMES: Final = 1_000
_MAX_NAME: Final = 200
# Only what says something about a value counts for the share: a letter without results is neither.
_ASSESSED: Final = (Mark.CRITICAL.value, Mark.ABNORMAL.value, Mark.NORMAL.value, Mark.UNASSESSED.value)
_CALLING: Final = (Mark.CRITICAL.value, Mark.ABNORMAL.value)


@dataclass(slots=True)
class Delays:
    """Durations in seconds, told by percentiles to within 1 %; they take the same memory however many they are."""

    _buckets: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        bounded = min(max(seconds, 0.001), 1e9)
        self._buckets[math.ceil(math.log(bounded) / math.log(1.01))] += 1
        self.longest = max(self.longest, seconds)

    @property
    def count(self) -> int:
        """How many."""
        return self._buckets.total()

    def find_percentile(self, percent: int) -> float:
        """The duration that so many of a hundred did not exceed; 0 when there are none."""
        wanted, seen = math.ceil(self.count * percent / 100), 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return min(round(1.01**bucket, 3), self.longest)
        return 0.0

    def encode(self) -> dict[str, object]:
        """As a report shows it."""
        told = {f"p{percent}": self.find_percentile(percent) for percent in (50, 90, 99)}
        return {"count": self.count, **told, "max": round(self.longest, 3)}


class Names:
    """Counts by name; the names are perhaps strangers'."""

    def __init__(self, limit: int = MAX_NAMES) -> None:
        self.counts: Counter[str] = Counter()
        self._limit = limit

    def add(self, name: object) -> None:
        """One more of this name."""
        key = str(name)[:_MAX_NAME]
        if key not in self.counts and len(self.counts) >= self._limit:
            key = OTHER
        self.counts[key] += 1


@dataclass(slots=True)
class Activity:
    """The figures. ``add`` takes the entries of the period in any order."""

    events: Counter[str] = field(default_factory=Counter)
    received_from: Names = field(default_factory=Names)  # by the peer's certificate name
    sent_to: Names = field(default_factory=Names)
    received_by_product: Names = field(default_factory=Names)
    sent_by_product: Names = field(default_factory=Names)
    inconsistent_by_product: Names = field(default_factory=Names)
    connections: Names = field(default_factory=lambda: Names(100_000))  # by account: our own, so they may be many
    documents: Names = field(default_factory=Names)  # "type mark"
    refusals: Names = field(default_factory=Names)
    bounces: Names = field(default_factory=Names)
    verdicts: Names = field(default_factory=Names)
    relay_delays: Delays = field(default_factory=Delays)
    filing_delays: Delays = field(default_factory=Delays)

    def add(self, event: str, facts_text: str) -> None:
        """Count one entry; what only has to be counted is not parsed."""
        self.events[event] += 1
        if event in _PARSED:
            self._add_facts(event, json.loads(facts_text))

    def _add_facts(self, event: str, facts: Mapping[str, object]) -> None:
        match event:
            case Event.RECEIVED.value:
                self.received_from.add(facts.get("subject") or UNDECLARED)
                self.verdicts.add(facts.get("verdict") or UNDECLARED)
                self._add_message(self.received_by_product, facts)
            case Event.SUBMITTED.value:
                self._add_message(self.sent_by_product, facts)
            case Event.RELAYED.value:
                self.sent_to.add(facts.get("peer") or UNDECLARED)
                _add_delay(self.relay_delays, facts)
            case Event.FILED.value:
                _add_delay(self.filing_delays, facts)
            case Event.SIGNED_IN.value:
                self.connections.add(facts.get("account"))
            case Event.REFUSED.value:
                self.refusals.add(facts.get("rule") or UNDECLARED)
            case Event.BOUNCED.value:
                self.bounces.add(facts.get("rule") or UNDECLARED)

    def _add_message(self, by_product: Names, facts: Mapping[str, object]) -> None:
        declared = facts.get("x_mss")
        product = (declared.get("nil") if isinstance(declared, dict) else None) or UNDECLARED
        by_product.add(product)
        if facts.get("x_mss_inconsistent"):
            self.inconsistent_by_product.add(product)
        types = facts.get("types")
        for each in types if isinstance(types, list) else ():
            self.documents.add(each)


_PARSED: Final = frozenset(
    each.value
    for each in (
        Event.RECEIVED, Event.SUBMITTED, Event.RELAYED, Event.FILED, Event.SIGNED_IN, Event.REFUSED, Event.BOUNCED,
    )
)  # fmt: skip


def _add_delay(delays: Delays, facts: Mapping[str, object]) -> None:
    seconds = facts.get("seconds")
    if isinstance(seconds, int | float):
        delays.add(seconds)


def encode_activity(
    activity: Activity, accounts: Mapping[str, int], start: datetime, end: datetime
) -> dict[str, object]:
    """The report as ``mssmail report --json`` prints it."""
    events = {event.value: activity.events[event.value] for event in Event if activity.events[event.value]}
    return {
        "from": start.isoformat(),
        "until": end.isoformat(),
        "accounts": dict(sorted(accounts.items())),
        "events": events,
        "operators": _join("operator", activity.received_from, activity.sent_to),
        "products": _join("product", activity.received_by_product, activity.sent_by_product, activity),
        "connections": _list("account", "connections", activity.connections),
        "documents": _list_documents(activity.documents.counts),
        "abnormal_share": _find_share(activity.documents.counts),
        "verdicts": _list("verdict", "messages", activity.verdicts),
        "refusals": _list("rule", "count", activity.refusals),
        "bounces": _list("rule", "count", activity.bounces),
        "delays_seconds": {"relayed": activity.relay_delays.encode(), "filed": activity.filing_delays.encode()},
    }


def _join(name: str, received: Names, sent: Names, activity: Activity | None = None) -> list[dict[str, object]]:
    both = received.counts + sent.counts
    rows: list[dict[str, object]] = []
    for key, _ in sorted(both.items(), key=lambda item: (-item[1], item[0])):
        row: dict[str, object] = {name: key, "received": received.counts[key], "sent": sent.counts[key]}
        if activity is not None:
            row["inconsistent"] = activity.inconsistent_by_product.counts[key]
        rows.append(row)
    return rows


def _list(name: str, figure: str, names: Names) -> list[dict[str, object]]:
    ordered = sorted(names.counts.items(), key=lambda item: (-item[1], item[0]))
    return [{name: key, figure: number} for key, number in ordered]


def _list_documents(counts: Mapping[str, int]) -> list[dict[str, object]]:
    by_type: dict[str, Counter[str]] = {}
    for key, number in counts.items():
        kind, _, mark = key.rpartition(" ")
        by_type.setdefault(kind or OTHER, Counter())[mark] += number
    ordered = sorted(by_type.items(), key=lambda item: (-item[1].total(), item[0]))
    return [
        {
            "type": kind,
            "documents": marks.total(),
            **{mark.value: marks[mark.value] for mark in Mark if marks[mark.value]},
            "abnormal_share": _divide(marks),
        }
        for kind, marks in ordered
    ]


def _find_share(counts: Mapping[str, int]) -> float | None:
    marks: Counter[str] = Counter()
    for key, number in counts.items():
        marks[key.rpartition(" ")[2]] += number
    return _divide(marks)


def _divide(marks: Mapping[str, int]) -> float | None:
    """Of the documents with results, how many call for attention; None when there are none."""
    assessed = sum(marks.get(mark, 0) for mark in _ASSESSED)
    return round(sum(marks.get(mark, 0) for mark in _CALLING) / assessed, 4) if assessed else None
