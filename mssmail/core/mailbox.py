"""Mailboxes as IMAP counts them: identifiers that cannot be mixed up, and what changed since a ModSeq."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple, NewType, TypeVar, cast

from mssmail.core.message import Span
from mssmail.core.rights import LETTERS

UID = NewType("UID", int)  # RFC 9051 §2.3.1.1
SeqNum = NewType("SeqNum", int)  # RFC 9051 §2.3.1.2
UIDValidity = NewType("UIDValidity", int)
ModSeq = NewType("ModSeq", int)  # RFC 7162 §3.1; the clock of a mailbox
N = TypeVar("N", bound=int)
Report = Callable[[int], None]  # hears now and then how many messages are done

CHANGES_AT_A_TIME = 1_000  # messages that share a ModSeq when many change or move: deliveries wait for it in the writer
EXPUNGED_AT_A_TIME = 200  # when they go: with bodies and texts this costs much more than a change of flags
OTHER_USERS = "Other Users"  # below it stand the mailboxes of others (RFC 2342 §5)
STAR = -1  # "*" in a sequence set: the largest number there is

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"
SYSTEM_FLAGS = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
SMIME_VALID, SMIME_INVALID = "$SMIMEValid", "$SMIMEInvalid"
RESERVED_KEYWORDS = frozenset({SMIME_VALID.lower(), SMIME_INVALID.lower()})


def ignore(_: int) -> None:
    """A Report that nobody wants to hear."""


def drop_reserved(flags: Iterable[str]) -> frozenset[str]:
    """The flags without the keywords that tell our verdict: no client sets or clears those."""
    return frozenset(flag for flag in flags if flag.lower() not in RESERVED_KEYWORDS)


@dataclass(frozen=True, slots=True)
class _NumberSet:
    """Ranges as written: (low, high) pairs, either end may be STAR; ``1:*`` is (1, STAR)."""

    ranges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not self.ranges:
            raise ValueError("a sequence set names at least one number")
        if any(n == 0 or n < STAR for pair in self.ranges for n in pair):
            raise ValueError("numbers of a sequence set are positive")

    def resolve(self, largest: int) -> tuple[tuple[int, int], ...]:
        """Ascending, disjoint (low, high) pairs with STAR replaced by ``largest`` (RFC 9051 §9, seq-range)."""
        concrete = sorted(
            (min(a, b), max(a, b))
            for a, b in ((largest if a == STAR else a, largest if b == STAR else b) for a, b in self.ranges)
        )
        merged: list[tuple[int, int]] = []
        for low, high in concrete:
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        return tuple(merged)


@dataclass(frozen=True, slots=True)
class SeqSet(_NumberSet):
    """Message sequence numbers, meaningful only in one session's view."""


@dataclass(frozen=True, slots=True)
class UIDSet(_NumberSet):
    """Unique identifiers."""


@dataclass(frozen=True, slots=True)
class Saved:
    """``$``: what the last SEARCH with SAVE found (RFC 5182 §2); ``uid``: the command's numbers are UIDs."""

    uid: bool


Numbers = SeqSet | UIDSet | Saved  # which messages a command means


def is_by_uid(numbers: Numbers) -> bool:
    """The command names messages by their UIDs."""
    return numbers.uid if isinstance(numbers, Saved) else isinstance(numbers, UIDSet)


def list_parents(name: str) -> list[str]:
    """The names of mailboxes above this one: ``a/b/c`` → ``a``, ``a/b``."""
    levels = name.split("/")
    return ["/".join(levels[:count]) for count in range(1, len(levels))]


def pack(numbers: Iterable[N]) -> Sequence[N]:
    """The numbers of messages in a tenth of the memory: for as long as it takes a client to read an answer."""
    return cast("Sequence[N]", numbers if isinstance(numbers, array) else array("I", numbers))


def has_number(ranges: Sequence[tuple[int, int]], number: int) -> bool:
    """It lies in one of these ascending, disjoint ranges."""
    place = bisect_right(ranges, number, key=lambda pair: pair[0])
    return place > 0 and number <= ranges[place - 1][1]


def compress(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as (low, high) runs, for writing sets."""
    low = high = None
    for number in numbers:
        if high is not None and number == high + 1:
            high = number
            continue
        if low is not None and high is not None:
            yield low, high
        low = high = number
    if low is not None and high is not None:
        yield low, high


class StoreAction(Enum):
    """What STORE does with the flags named (RFC 9051 §6.4.6)."""

    ADD = "+"
    REMOVE = "-"
    REPLACE = ""


@dataclass(frozen=True, slots=True)
class MailboxInfo:
    """One mailbox. ``name`` is Unicode with ``/`` between levels; INBOX in capitals. Counts are those of the moment."""

    id: int
    name: str
    uid_validity: UIDValidity
    uid_next: UID
    highest_modseq: ModSeq
    special_use: str = ""  # RFC 6154 attribute such as \Sent, or empty
    subscribed: bool = True
    messages: int = 0
    unseen: int = 0
    recent: int = 0
    size: int = 0
    deleted: int = 0
    rights: str = LETTERS  # of the account that asked (RFC 4314 §2.1)
    is_shared: bool = False  # another account's: the rights may change at any moment


class MessageMeta(NamedTuple):  # made by the thousand: a frozen dataclass takes several times as long to build
    """A message's place in a mailbox. ``message_id`` is the store's key of the message itself."""

    uid: UID
    modseq: ModSeq
    flags: frozenset[str]
    message_id: int
    recent: bool = False
    before: ModSeq = ModSeq(0)  # after STORE: its ModSeq until then


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a mailbox since a ModSeq: the one question NOOP, IDLE, CONDSTORE and QRESYNC ask."""

    appeared: tuple[MessageMeta, ...]
    flags: tuple[MessageMeta, ...]
    vanished: tuple[UID, ...]
    modseq: ModSeq

    @property
    def is_empty(self) -> bool:
        """Nothing happened."""
        return not (self.appeared or self.flags or self.vanished)


@dataclass(frozen=True, slots=True)
class ViewLayout:
    """How the bytes of one message's view lie. Offsets of ``parts`` are into the message without our prefix.

    The view is ``prefix + message``, where the spans ``cuts`` of the message (inside ``header``) are left out.
    ``parts`` is the encoded part table of ``mime.part_table``; ``length`` is that of the message, cuts included.
    """

    message_id: int
    prefix: bytes
    header: Span
    cuts: tuple[Span, ...]
    parts: bytes
    length: int

    @property
    def size(self) -> int:
        """Octets of the view: RFC822.SIZE."""
        return len(self.prefix) + self.length - sum(len(cut) for cut in self.cuts)


class MessageRow(NamedTuple):  # as MessageMeta
    """What FETCH shows of a message without reading its bytes. ``size`` is the view's.

    What was not asked for is None. ``header`` holds the bytes of ``layout.header``, cuts included; ``data`` is all of
    the message. They are None as well when there is more of them than MAX_ROW_HEADER or MAX_ROW_DATA: the reader then
    asks for them alone. ``fields`` are those that ``mime.fields`` lists, None where that is not known.
    """

    meta: MessageMeta
    size: int
    envelope: bytes | None = None
    body: bytes | None = None
    bodystructure: bytes | None = None
    fields: bytes | None = None
    preview: str | None = None  # None: not made yet (RFC 8970)
    thread: str | None = None  # RFC 8474; None: an older version's message, not listed yet
    internal_date: datetime | None = None
    saved_at: datetime | None = None  # when it came into this mailbox (RFC 8514)
    layout: ViewLayout | None = None
    header: bytes | None = None
    data: bytes | None = None


MAX_ROW_HEADER = MAX_ROW_DATA = 65_536  # so that a page of rows stays small whatever the peers send


class Column(Enum):
    """What a page of rows should bring along besides meta and size."""

    ENVELOPE = "envelope"
    BODY = "body"
    BODYSTRUCTURE = "bodystructure"
    LAYOUT = "layout"
    HEADER = "header"
    DATA = "data"
    FIELDS = "fields"
    PREVIEW = "preview"
    THREAD = "thread"
    INTERNAL_DATE = "internal_date"
    SAVED_AT = "saved_at"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message a client wrote, as APPEND brings it; without a date it is as old as its arrival."""

    data: bytes = field(repr=False)
    flags: frozenset[str] = frozenset()
    internal_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """What an account holds and may hold, in octets (RFC 9208 §5.1)."""

    used: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where APPEND or COPY put things (RFC 4315 §3)."""

    uid_validity: UIDValidity
    uids: tuple[tuple[UID, UID], ...]  # (source, target); for APPEND source equals target
    is_hidden: bool = False  # from who put them there: he may not read the mailbox
    changes: int = 1  # by how much the mailbox's ModSeq moved
