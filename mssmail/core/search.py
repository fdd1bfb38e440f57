"""Search keys as values (RFC 9051 §6.4.4, RFC 3501 §6.4.4): parsed by ``imap.wire``, evaluated by ``store.search``.

Sequence numbers never reach the store: the session's view turns them into UIDs first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum

from mssmail.core.mailbox import ModSeq, Saved, SeqSet, UIDSet


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class HasFlag:
    r"""The flag or keyword is set (case-insensitive); ``\Recent`` included."""

    flag: str


@dataclass(frozen=True, slots=True)
class HeaderText:
    """HEADER: a decoded field contains the text; empty text: the field is there. ``field`` is lower-case."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class EnvelopeText:
    """SUBJECT, FROM, TO, CC, BCC: what ENVELOPE tells of the field contains the text; addresses as ``name <address>``.

    Empty text: the field is there. ``field`` is one of these names in lower case.
    """

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
    zone: tzinfo = UTC  # whose days are counted; what was SENT is counted in the sender's


@dataclass(frozen=True, slots=True)
class SizeKey:
    """LARGER (``Comparison.LARGER``) or SMALLER (``Comparison.BEFORE``) than so many octets."""

    comparison: Comparison
    octets: int


@dataclass(frozen=True, slots=True)
class AgeKey:
    """YOUNGER (``Comparison.SINCE``) or OLDER (``Comparison.BEFORE``) than so many seconds (RFC 5032)."""

    comparison: Comparison
    seconds: int


@dataclass(frozen=True, slots=True)
class MomentKey:
    """The internal date is no later (``Comparison.BEFORE``) or no earlier (``Comparison.SINCE``) than this."""

    comparison: Comparison
    moment: datetime


@dataclass(frozen=True, slots=True)
class ModSeqKey:
    """MODSEQ: changed at this ModSeq or later (RFC 7162 §3.1.5)."""

    modseq: ModSeq


@dataclass(frozen=True, slots=True)
class OfMessage:
    """EMAILID: this very message, in whatever mailbox (RFC 8474 §5.4)."""

    message_id: int


@dataclass(frozen=True, slots=True)
class OfThread:
    """THREADID: all messages of this thread (RFC 8474 §5.4)."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class InSeqs:
    """A sequence set, in the session's view."""

    numbers: SeqSet | Saved


@dataclass(frozen=True, slots=True)
class InUids:
    """UID key, as written."""

    numbers: UIDSet | Saved


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


DatedKey = DateKey | AgeKey | MomentKey
NumberKey = SizeKey | ModSeqKey | OfMessage | OfThread | InSeqs | InUids | UidRanges
SearchKey = All | HasFlag | HeaderText | EnvelopeText | BodyText | AnyText | DatedKey | NumberKey | Not | Or | And


def map_leaves(key: SearchKey, change: Callable[[SearchKey], SearchKey]) -> SearchKey:
    """The same tree with every key that is not Not, Or or And put through ``change``."""
    match key:
        case Not(inner):
            return Not(map_leaves(inner, change))
        case Or(left, right):
            return Or(map_leaves(left, change), map_leaves(right, change))
        case And(keys):
            return And(tuple(map_leaves(inner, change) for inner in keys))
        case _:
            return change(key)


def has_leaf(key: SearchKey, kind: type[SearchKey]) -> bool:
    """A key of this kind stands somewhere in the tree."""
    match key:
        case Not(inner):
            return has_leaf(inner, kind)
        case Or(left, right):
            return has_leaf(left, kind) or has_leaf(right, kind)
        case And(keys):
            return any(has_leaf(inner, kind) for inner in keys)
        case _:
            return isinstance(key, kind)


def resolve_ages(key: SearchKey, now: datetime) -> SearchKey:
    """The key with every age turned into a moment."""

    def resolve(leaf: SearchKey) -> SearchKey:
        if not isinstance(leaf, AgeKey):
            return leaf
        try:
            return MomentKey(leaf.comparison, now - timedelta(seconds=leaf.seconds))
        except OverflowError:  # before there were calendars: nothing is older, everything is younger
            return Not(All()) if leaf.comparison is Comparison.BEFORE else All()

    return map_leaves(key, resolve)
