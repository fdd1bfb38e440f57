"""Search keys as a tree of conditions: SQL where stored columns can answer, questions to the message where not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, assert_never

from sqlalchemy import Column, ColumnElement, and_, false, func, literal, not_, or_, select, true

from mssmail.core.mailbox import UID, has_number
from mssmail.core.search import (
    AgeKey,
    All,
    And,
    AnyText,
    BodyText,
    Comparison,
    DatedKey,
    DateKey,
    DateKind,
    EnvelopeText,
    HasFlag,
    HeaderText,
    InSeqs,
    InUids,
    ModSeqKey,
    MomentKey,
    Not,
    OfMessage,
    OfThread,
    Or,
    SearchKey,
    SizeKey,
    UidRanges,
)
from mssmail.mime.text import fold, fold_running
from mssmail.store.columns import Words
from mssmail.store.flags import BITS
from mssmail.store.grams import NO_CLUE, Clue, choose_grams, find_clue
from mssmail.store.reading import Reading
from mssmail.store.schema import mailbox_rows, messages, sort_keys
from mssmail.store.sorting import THREAD_ID

MAX_RANGES = 100  # of one set in SQL; more are looked up in Python

_NAME = re.compile(r"[!-9;-~]+")  # of a field (RFC 5322 §2.2)
_ENVELOPE = {
    "subject": messages.c.subject,
    "from": messages.c.sender,
    "to": messages.c.to,
    "cc": messages.c.cc,
    "bcc": messages.c.bcc,
}
_HEADER = {"message-id": messages.c.header_message_id}  # the others' columns hold what ENVELOPE tells, not the field


@dataclass(frozen=True, slots=True)
class Exact:
    """SQL can tell."""

    condition: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """Only the message, or Python, can tell; for every match ``condition`` and ``clue`` hold."""

    ask: Callable[[UID, Reading], bool]
    condition: ColumnElement[bool]
    clue: Clue = NO_CLUE


@dataclass(frozen=True, slots=True)
class NotNode:
    """The node does not hold."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class AndNode:
    """All hold."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class OrNode:
    """One holds."""

    nodes: tuple["Node", ...]


Node = Exact | Asked | NotNode | AndNode | OrNode


def compile_key(key: SearchKey) -> Node:  # noqa: PLR0911 - one line per kind of key
    """The tree of a key; sequence sets must have been resolved (``ValueError``)."""
    match key:
        case Not(inner):
            return _negate(compile_key(inner))
        case Or(left, right):
            return _join((compile_key(left), compile_key(right)), or_, OrNode)
        case And(keys):
            return _join(tuple(map(compile_key, keys)), and_, AndNode)
        case BodyText() | AnyText():
            return _compile_text(key)
        case HeaderText():
            return _compile_header(key, _HEADER.get(key.field))
        case EnvelopeText():
            return _compile_header(key, _ENVELOPE[key.field])
        case UidRanges(ranges):
            return _compile_ranges(ranges)
        case DateKey() | MomentKey() | AgeKey():
            return Exact(_compare_date(key))
        case All() | HasFlag() | SizeKey() | ModSeqKey() | OfMessage() | OfThread() | InSeqs() | InUids():
            return Exact(_compile_column(key))
    assert_never(key)


def _compile_column(
    key: All | HasFlag | SizeKey | ModSeqKey | OfMessage | OfThread | InSeqs | InUids,
) -> ColumnElement[bool]:
    match key:
        case All():
            return true()
        case HasFlag(flag):
            return _has_flag(flag)
        case SizeKey(comparison, octets):
            size = mailbox_rows.c.size
            return size > octets if comparison is Comparison.LARGER else size < octets
        case ModSeqKey(modseq):
            return mailbox_rows.c.modseq >= modseq
        case OfMessage(message_id):
            return mailbox_rows.c.message_id == message_id
        case OfThread(thread_id):
            is_this = sort_keys.c.message_id == mailbox_rows.c.message_id
            return (
                select(literal(1))
                .where(is_this, THREAD_ID.is_not_distinct_from(thread_id))
                .correlate(mailbox_rows)
                .exists()
            )
        case InSeqs() | InUids():
            raise ValueError("numbers must have been resolved to UidRanges by the view")
    assert_never(key)


def _compile_text(key: BodyText | AnyText) -> Node:
    folded = fold_running(key.text)
    if "\0" in folded:
        return Exact(false())  # no text is said to hold one (RFC 9051 §9, CHAR8)
    if not folded:
        return Exact(true())
    clue = find_clue(folded)
    if isinstance(key, BodyText):
        return Asked(lambda _, reading: reading.has_body_text(folded), true(), clue)
    return Asked(lambda _, reading: reading.has_any_text(folded), true(), clue)


def _negate(node: Node) -> Node:
    return Exact(not_(node.condition)) if isinstance(node, Exact) else NotNode(node)


def _join(
    nodes: tuple[Node, ...],
    operator: Callable[..., ColumnElement[bool]],
    make: Callable[[tuple[Node, ...]], Node],
) -> Node:
    """Exact nodes together are one condition, and are asked before the costly ones."""
    exact = [node.condition for node in nodes if isinstance(node, Exact)]
    rest = tuple(node for node in nodes if not isinstance(node, Exact))
    if not exact:
        return make(rest) if rest else Exact(true())
    joined = Exact(operator(*exact))
    return make((joined, *rest)) if rest else joined


def _has_flag(flag: str) -> ColumnElement[bool]:
    if flag.startswith("\\"):
        # \Recent is each session's own: the view turns it into UidRanges. Other unknown flags nobody has.
        bit = BITS.get(flag.lower(), 0)
        return mailbox_rows.c.flags.bitwise_and(bit) != 0 if bit else false()
    return func.instr(func.lower(mailbox_rows.c.keywords), f" {flag.lower()} ") > 0


def _compile_header(key: HeaderText | EnvelopeText, column: Column[Any] | None) -> Node:
    folded = fold(key.text)
    if "\0" in folded or not _NAME.fullmatch(key.field):
        return Exact(false())
    if column is not None and folded:
        return Exact(func.contains_text(column, literal(folded, Words)) == 1)
    running = fold_running(key.text)
    clue = Clue(choose_grams(running) or choose_grams(f"{key.field}: "))
    return Asked(lambda _, reading: reading.has_header_text(key.field, running), true(), clue)


def _compile_ranges(ranges: tuple[tuple[int, int], ...]) -> Node:
    uid = mailbox_rows.c.uid
    if not ranges:
        return Exact(false())
    if len(ranges) <= MAX_RANGES:
        return Exact(or_(*(uid.between(low, high) for low, high in ranges)))
    return Asked(lambda number, _: has_number(ranges, number), uid.between(ranges[0][0], ranges[-1][1]))


def _compare_date(key: DatedKey) -> ColumnElement[bool]:
    if isinstance(key, AgeKey):
        raise TypeError("ages must have been resolved to moments")
    if isinstance(key, MomentKey):
        internal = mailbox_rows.c.internal_date
        return internal <= key.moment if key.comparison is Comparison.BEFORE else internal >= key.moment
    if key.kind is DateKind.SENT:
        sent = messages.c.sent_on
        day = key.day.isoformat()
        compared = {Comparison.BEFORE: sent < day, Comparison.ON: sent == day, Comparison.SINCE: sent >= day}
        return and_(sent != "", compared[key.comparison])
    column = mailbox_rows.c.internal_date if key.kind is DateKind.INTERNAL else mailbox_rows.c.saved_at
    start, end = _find_start(key.day, key.zone), _find_end(key.day, key.zone)
    return {
        Comparison.BEFORE: column < start,
        Comparison.ON: and_(column >= start, column < end),
        Comparison.SINCE: column >= start,
    }[key.comparison]


def _find_start(day: date, zone: tzinfo) -> datetime:
    """The day's first moment; the calendar's first for one that began before it."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _find_end(day: date, zone: tzinfo) -> datetime:
    """The next day's first moment: days of 23 and 25 hours are days too."""
    try:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
