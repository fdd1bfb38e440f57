"""Which software sends: messages counted by the product number they declare (X-MSS-NIL, ECO.2.4.3).

The declared number is a stranger's text: it is cut, and what comes after the first many is counted together.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from mssmail.core.findings import Findings

OTHER: Final = "other"
UNDECLARED: Final = "none"
MAX_PRODUCTS: Final = 500
_MAX_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class ProductCount:
    """What one product has sent since the start."""

    product: str
    direction: str  # received or submitted
    messages: int
    inconsistent: int  # of them, whose X-MSS fields contradicted their documents


@dataclass(slots=True)
class Products:
    """Counts since the start; may be asked from any thread."""

    _messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    _inconsistent: Counter[tuple[str, str]] = field(default_factory=Counter)
    _names: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def count(self, direction: str, findings: Findings) -> None:
        """One message more, taken or refused for its fields."""
        with self._lock:
            key = (self._name(findings.declared.nil), direction)
            self._messages[key] += 1
            self._inconsistent[key] += bool(findings.inconsistencies)

    def __iter__(self) -> Iterator[ProductCount]:
        with self._lock:
            counted = sorted(self._messages.items())
            inconsistent = dict(self._inconsistent)
        for key, messages in counted:
            yield ProductCount(*key, messages, inconsistent[key])

    def _name(self, declared: str) -> str:
        name = declared[:_MAX_NAME] or UNDECLARED
        if name not in self._names and len(self._names) >= MAX_PRODUCTS:
            return OTHER
        self._names.add(name)
        return name
