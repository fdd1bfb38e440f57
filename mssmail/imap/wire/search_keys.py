"""SEARCH's keys as values of ``core.search`` (RFC 3501 §6.4.4, RFC 9051 §6.4.4)."""

import re
from collections.abc import Callable

from mssmail.core.mailbox import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN
from mssmail.core.search import (
    AgeKey,
    All,
    And,
    AnyText,
    BodyText,
    Comparison,
    DateKey,
    DateKind,
    EnvelopeText,
    HasFlag,
    HeaderText,
    InSeqs,
    InUids,
    ModSeqKey,
    Not,
    OfMessage,
    OfThread,
    Or,
    SearchKey,
    SizeKey,
)
from mssmail.errors import BadCharset, BadSyntax
from mssmail.imap.wire.commands import Search
from mssmail.imap.wire.cursor import MAX_NUMBER64, Cursor
from mssmail.imap.wire.dates import parse_date
from mssmail.imap.wire.number_sets import parse_modseq, parse_seq_set, parse_uid_set
from mssmail.imap.wire.search_returns import SAVE, parse_returns

MAX_DEPTH = 50  # of parentheses, NOT and OR together: what evaluates the key recurses as deep as it is
MAX_KEYS = 10_000  # side by side; what they are asked of takes fewer, and two hundred thousand take half a second
CHARSETS = ("US-ASCII", "UTF-8")
RECENT = "\\Recent"

_NAME = re.compile(rb"[A-Za-z]++")
_CHARSET = re.compile(rb"CHARSET ", re.IGNORECASE)
_EMAIL_ID = re.compile(r"E([1-9][0-9]{0,17})")
_THREAD_ID = re.compile(r"T[0-9a-f]{32}")
_NOTHING = Not(All())

_WITHOUT_ARGUMENT: dict[str, SearchKey] = {
    "ALL": All(),
    "ANSWERED": HasFlag(ANSWERED),
    "DELETED": HasFlag(DELETED),
    "DRAFT": HasFlag(DRAFT),
    "FLAGGED": HasFlag(FLAGGED),
    "SEEN": HasFlag(SEEN),
    "RECENT": HasFlag(RECENT),
    "UNANSWERED": Not(HasFlag(ANSWERED)),
    "UNDELETED": Not(HasFlag(DELETED)),
    "UNDRAFT": Not(HasFlag(DRAFT)),
    "UNFLAGGED": Not(HasFlag(FLAGGED)),
    "UNSEEN": Not(HasFlag(SEEN)),
    "NEW": And((HasFlag(RECENT), Not(HasFlag(SEEN)))),  # RFC 3501 §6.4.4
    "OLD": Not(HasFlag(RECENT)),
    "SAVEDATESUPPORTED": All(),  # RFC 8514 §4.3
}


# search = "SEARCH" [search-return-opts] SP search-program
# search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
def parse_search(cursor: Cursor, *, uid: bool) -> Search:
    """A search. Text is read as UTF-8 whatever the charset: US-ASCII is a part of it (RFC 9051 §6.4.4 has no other)."""
    returns = parse_returns(cursor)
    charset = parse_charset(cursor, returns.options) if cursor.try_match(_CHARSET) else ""
    return Search(parse_keys(cursor), uid, charset, *returns)


# charset = atom / quoted
def parse_charset(cursor: Cursor, options: tuple[str, ...] | None = None) -> str:
    """The charset in capitals, and the blank behind it; raises BadCharset for one we do not search in.

    ``options`` are RETURN's.
    """
    charset = cursor.expect_text_astring("a character set").upper()
    if charset not in CHARSETS:
        raise BadCharset("a character set that we do not search in", forgets=SAVE in (options or ()))
    cursor.expect_space()
    return charset


def parse_keys(cursor: Cursor) -> SearchKey:
    """One key or more; all must hold."""
    return _parse_keys(cursor, 0)


def _parse_keys(cursor: Cursor, depth: int) -> SearchKey:
    keys = [_parse_key(cursor, depth)]
    while cursor.try_text(b" "):
        if len(keys) == MAX_KEYS:
            raise BadSyntax("too many keys")
        keys.append(_parse_key(cursor, depth))
    return keys[0] if len(keys) == 1 else And(tuple(keys))


# search-key = … / sequence-set / "(" search-key *(SP search-key) ")"
def _parse_key(cursor: Cursor, depth: int) -> SearchKey:
    if depth > MAX_DEPTH:
        raise BadSyntax("the search is nested too deep")
    if cursor.try_text(b"("):
        keys = _parse_keys(cursor, depth + 1)
        cursor.expect_text(b")")
        return keys
    name = cursor.try_match(_NAME)  # a set of numbers, or ``$``, has none
    if name is None:
        return InSeqs(parse_seq_set(cursor))
    return _parse_named_key(cursor, name[0].decode("ascii").upper(), depth)


def _parse_named_key(cursor: Cursor, name: str, depth: int) -> SearchKey:
    plain = _WITHOUT_ARGUMENT.get(name)
    if plain is not None:
        return plain
    read = _WITH_ARGUMENT.get(name)
    if read is None and name not in {"NOT", "OR"}:
        raise BadSyntax("there is no such search key")
    cursor.expect_space()
    if read is not None:
        return read(cursor)
    first = _parse_key(cursor, depth + 1)
    if name == "NOT":
        return Not(first)
    cursor.expect_space()
    return Or(first, _parse_key(cursor, depth + 1))


def _read_header(cursor: Cursor) -> SearchKey:
    field = cursor.expect_text_astring("the name of a header field").lower()
    cursor.expect_space()
    return HeaderText(field, cursor.expect_text_astring())


# search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer; RFC 7162 §7
def _read_modseq(cursor: Cursor) -> SearchKey:
    """We keep one ModSeq for all of a message's flags, so that the entry's name says nothing (RFC 7162 §3.1.5)."""
    if cursor.is_at(b'"'):
        cursor.expect_string("the name of an entry")
        cursor.expect_space()
        if cursor.expect_keyword("the type of an entry") not in {"PRIV", "SHARED", "ALL"}:
            raise BadSyntax("there is no such type of entry")
        cursor.expect_space()
    return ModSeqKey(parse_modseq(cursor))


def _read_email_id(cursor: Cursor) -> SearchKey:
    found = _EMAIL_ID.fullmatch(cursor.expect_atom("an object id"))
    return OfMessage(int(found[1])) if found else _NOTHING


def _read_thread_id(cursor: Cursor) -> SearchKey:
    name = cursor.expect_atom("an object id")
    return OfThread(name) if _THREAD_ID.fullmatch(name) else _NOTHING


def _build_age_reader(comparison: Comparison) -> Callable[[Cursor], SearchKey]:
    return lambda cursor: AgeKey(comparison, cursor.expect_nz_number())


def _build_field_reader(field: str) -> Callable[[Cursor], SearchKey]:
    return lambda cursor: EnvelopeText(field, cursor.expect_text_astring())


def _build_date_reader(kind: DateKind, comparison: Comparison) -> Callable[[Cursor], SearchKey]:
    return lambda cursor: DateKey(kind, comparison, parse_date(cursor))


def _build_size_reader(comparison: Comparison) -> Callable[[Cursor], SearchKey]:
    return lambda cursor: SizeKey(comparison, cursor.expect_number(MAX_NUMBER64))


_WITH_ARGUMENT: dict[str, Callable[[Cursor], SearchKey]] = {
    "BCC": _build_field_reader("bcc"),
    "CC": _build_field_reader("cc"),
    "FROM": _build_field_reader("from"),
    "SUBJECT": _build_field_reader("subject"),
    "TO": _build_field_reader("to"),
    "HEADER": _read_header,
    "BODY": lambda cursor: BodyText(cursor.expect_text_astring()),
    "TEXT": lambda cursor: AnyText(cursor.expect_text_astring()),
    "KEYWORD": lambda cursor: HasFlag(cursor.expect_atom("a keyword")),
    "UNKEYWORD": lambda cursor: Not(HasFlag(cursor.expect_atom("a keyword"))),
    "BEFORE": _build_date_reader(DateKind.INTERNAL, Comparison.BEFORE),
    "ON": _build_date_reader(DateKind.INTERNAL, Comparison.ON),
    "SINCE": _build_date_reader(DateKind.INTERNAL, Comparison.SINCE),
    "SENTBEFORE": _build_date_reader(DateKind.SENT, Comparison.BEFORE),
    "SENTON": _build_date_reader(DateKind.SENT, Comparison.ON),
    "SENTSINCE": _build_date_reader(DateKind.SENT, Comparison.SINCE),
    "SAVEDBEFORE": _build_date_reader(DateKind.SAVED, Comparison.BEFORE),  # RFC 8514 §4.3
    "SAVEDON": _build_date_reader(DateKind.SAVED, Comparison.ON),
    "SAVEDSINCE": _build_date_reader(DateKind.SAVED, Comparison.SINCE),
    "OLDER": _build_age_reader(Comparison.BEFORE),  # RFC 5032 §4
    "YOUNGER": _build_age_reader(Comparison.SINCE),
    "MODSEQ": _read_modseq,
    "EMAILID": _read_email_id,  # RFC 8474 §5.4
    "THREADID": _read_thread_id,
    "LARGER": _build_size_reader(Comparison.LARGER),
    "SMALLER": _build_size_reader(Comparison.BEFORE),
    "UID": lambda cursor: InUids(parse_uid_set(cursor)),
}
