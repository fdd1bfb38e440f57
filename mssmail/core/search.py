"""Search keys as values (RFC 9051 §6.4.4, RFC 3501 §6.4.4): parsed by ``imap.wire``, evaluated by ``store.search``.

Sequence numbers never reach the store: the session's view turns them into UIDs first.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from mssmail.core.mailbox import SeqSet, UIDSet


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class HasFlag:
    r"""The flag or keyword is set (case-insensitive); ``\Recent`` included."""

    flag: str


@dataclass(frozen=True, slots=True)
class HeaderText:
    """The decoded field contains the text; empty text: the field is there. ``field`` is lower-case."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class BodyText:
    """BODY: the text occurs in the decoded body."""

    text: str


@dataclass(frozen=True, slots=True)
class AnyText:
    """TEXT: the text occurs in header or body."""

    text: str


class DateKind(Enum):
    """Which date is meant."""

    INTERNAL = "internal"
    SENT = "sent"
    SAVED = "saved"


class Comparison(Enum):
    """How a date or size is compared."""

    BEFORE = "<"
    ON = "="
    SINCE = ">="
    LARGER = ">"


@dataclass(frozen=True, slots=True)
class DateKey:
    """BEFORE, ON, SINCE and their SENT and SAVED kin; dates without time or zone."""

    kind: DateKind
    comparison: Comparison
    day: date


@dataclass(frozen=True, slots=True)
class SizeKey:
    """LARGER (``Comparison.LARGER``) or SMALLER (``Comparison.BEFORE``) than so many octets."""

    comparison: Comparison
    octets: int


@dataclass(frozen=True, slots=True)
class InSeqs:
    """A sequence set, in the session's view."""

    numbers: SeqSet


@dataclass(frozen=True, slots=True)
class InUids:
    """UID key, as written."""

    numbers: UIDSet


@dataclass(frozen=True, slots=True)
class UidRanges:
    """Resolved UIDs: ascending, disjoint (low, high) pairs; may be empty."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The key does not hold."""

    key: "SearchKey"


@dataclass(frozen=True, slots=True)
class Or:
    """One of the two holds."""

    left: "SearchKey"
    right: "SearchKey"


@dataclass(frozen=True, slots=True)
class And:
    """All hold."""

    keys: tuple["SearchKey", ...]


SearchKey = (
    All | HasFlag | HeaderText | BodyText | AnyText | DateKey | SizeKey | InSeqs | InUids | UidRanges | Not | Or | And
)
