"""Sequence sets: ``2,4:7,12:*`` (RFC 9051 §9)."""

import re

from mssmail.core.mailbox import STAR, ModSeq, Numbers, Saved, SeqSet, UIDSet
from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import MAX_NUMBER, MAX_NUMBER64, Cursor

_SET = re.compile(rb"[0-9*:,]++")
_LONGEST_NUMBER = len(str(MAX_NUMBER))
_MANY = 1_000  # of these none is read twice: a megabyte of ``1,2,1,2`` stood everybody still

Ranges = tuple[tuple[int, int], ...]


# sequence-set =/ seq-last-command
# seq-last-command = "$"; RFC 5182 §5
def parse_seq_set(cursor: Cursor) -> SeqSet | Saved:
    """A set of message sequence numbers, ranges as written, or what SEARCH saved."""
    return Saved(uid=False) if cursor.try_text(b"$") else SeqSet(_parse_ranges(cursor))


def parse_uid_set(cursor: Cursor) -> UIDSet | Saved:
    """A set of UIDs, ranges as written, or what SEARCH saved."""
    return Saved(uid=True) if cursor.try_text(b"$") else parse_known_uids(cursor)


def parse_numbers(cursor: Cursor, *, uid: bool) -> Numbers:
    """Either."""
    return parse_uid_set(cursor) if uid else parse_seq_set(cursor)


def parse_known_uids(cursor: Cursor) -> UIDSet:
    """A set of UIDs where ``$`` has no meaning."""
    return UIDSet(_parse_ranges(cursor))


# mod-sequence-valzer = "0" / mod-sequence-value; RFC 7162 §7
def parse_modseq(cursor: Cursor) -> ModSeq:
    """A ModSeq; 0, which clients send where only a value is allowed, is taken everywhere: it asks for everything."""
    return ModSeq(cursor.expect_number(MAX_NUMBER64))


# sequence-set = (seq-number / seq-range) ["," sequence-set]
def _parse_ranges(cursor: Cursor) -> Ranges:
    items = cursor.expect_match(_SET, "a sequence set").split(b",")
    return tuple(map(_parse_range, items if len(items) < _MANY else dict.fromkeys(items)))


# seq-range = seq-number ":" seq-number; in either order
def _parse_range(item: bytes) -> tuple[int, int]:
    low, colon, high = item.partition(b":")
    first = _parse_seq_number(low)
    return first, _parse_seq_number(high) if colon else first


# seq-number = nz-number / "*"
def _parse_seq_number(text: bytes) -> int:
    if text == b"*":
        return STAR
    if not text.isdigit() or text[0] == 0x30 or len(text) > _LONGEST_NUMBER or int(text) > MAX_NUMBER:
        raise BadSyntax("a number of the set is no 32-bit number above zero")
    return int(text)
