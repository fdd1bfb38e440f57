"""FETCH responses as octets: prepared columns as they are, BODY[section] cut out of the view by offsets.

The view of a message is our prefix, then the message without its ``cuts`` (see ``core.mailbox.ViewLayout``). A section
becomes a ``Slice``: octets we hold and spans still to be read, so that a large body need never be held whole.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache

from mssmail.core.mailbox import Column, MessageMeta, MessageRow, SeqNum, ViewLayout
from mssmail.core.message import Span
from mssmail.errors import BadSyntax
from mssmail.imap.view import Expunged, FlagsChanged, Grown, Update
from mssmail.imap.wire.commands import FetchItem, FetchSection, Section
from mssmail.imap.wire.dates import encode_date_time
from mssmail.imap.wire.fetch_responses import encode_fetch_start
from mssmail.imap.wire.writer import NIL, encode_flags, encode_nstring, encode_number_set
from mssmail.mime.fields import LISTED_FIELDS
from mssmail.mime.part_table import PartTable

Piece = bytes | Span


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of the view, in order: octets, and spans of the message that are still to be read."""

    pieces: tuple[Piece, ...]

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    def cut(self, offset: int, length: int) -> "Slice":
        """The part of it that a partial FETCH asks for; what lies beyond the end is nothing (RFC 9051 §6.4.5)."""
        kept: list[Piece] = []
        for piece in self.pieces:
            start, end = min(offset, len(piece)), min(offset + length, len(piece))
            if start < end:
                kept.append(_cut_piece(piece, start, end))
            offset, length = max(0, offset - len(piece)), length - (end - start)
        return Slice(tuple(kept))


def _cut_piece(piece: Piece, start: int, end: int) -> Piece:
    if isinstance(piece, Span):
        return Span(piece.start + start, piece.start + end)
    return piece[start:end]


def find_header(layout: ViewLayout) -> Slice:
    """The header of the view: our prefix and the message's own fields but those that claim to be ours."""
    return _join([layout.prefix, *_list_kept(layout)])


def _list_kept(layout: ViewLayout) -> Iterator[Span]:
    start = layout.header.start
    for cut in layout.cuts:
        yield Span(start, max(start, cut.start))
        start = cut.end
    yield Span(start, max(start, layout.header.end))


def _join(pieces: Iterable[Piece]) -> Slice:
    """Without empty pieces, and neighbouring spans as one: each span is one read."""
    joined: list[Piece] = []
    for piece in filter(len, pieces):
        last = joined[-1] if joined else b""
        if isinstance(piece, Span) and isinstance(last, Span) and last.end == piece.start:
            joined[-1] = Span(last.start, piece.end)
        else:
            joined.append(piece)
    return Slice(tuple(joined))


def find_section(layout: ViewLayout, table: PartTable | None, section: Section) -> Slice | None:
    """Where the section lies in the view (RFC 9051 §6.4.5); None when the message has no such part.

    HEADER.FIELDS and its kin give the whole header: ``filter_fields`` then picks. ``table`` is needed for parts only.
    """
    if not section.part:
        body = Span(layout.header.end, layout.length)
        match section.text:
            case "TEXT":
                return _join([body])
            case "":
                return _join([*find_header(layout).pieces, body])
            case _:
                return find_header(layout)
    text = "HEADER" if section.text.startswith("HEADER") else section.text
    span = None if table is None else table.find_span(section.part, text)
    if span == layout.header:  # MIME of part 1 of a message that is not a multipart
        return find_header(layout)
    return None if span is None else _join([span])


def fold_names(section: Section) -> frozenset[bytes]:
    """The section's field names, ready for ``filter_fields``."""
    return frozenset(name.lower().encode("utf-8") for name in section.fields)


@lru_cache(maxsize=1024)
def encode_flag_list(flags: frozenset[str], *, recent: bool) -> bytes:
    r"""``(\Seen $Forwarded)``; \Recent is this session's own knowledge."""
    return encode_flags((*flags, "\\Recent") if recent else flags)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What this client has enabled, as far as it changes what we say."""

    has_modseq: bool = False  # CONDSTORE
    has_vanished: bool = False  # QRESYNC
    has_recent: bool = True  # gone in IMAP4rev2
    has_utf8: bool = False  # names in UTF-8: UTF8=ACCEPT or IMAP4rev2
    has_utf8_accept: bool = False  # UTF8=ACCEPT
    has_esearch: bool = False  # IMAP4rev2: ESEARCH though nobody asked for it
    has_rev2: bool = False  # IMAP4rev2


PLAIN = Dialect()


def encode_updates(updates: Iterable[Update], dialect: Dialect = PLAIN) -> bytes:
    """The untagged responses for what a view has to tell; with QRESYNC one VANISHED for all that went."""
    lines: list[bytes] = []
    gone: list[int] = []
    for update in updates:
        if dialect.has_vanished and isinstance(update, Expunged):
            gone.append(update.uid)
        else:
            lines.append(_encode_update(update, dialect))
    if gone:
        lines.insert(0, b"* VANISHED %b\r\n" % encode_number_set(sorted(gone)))
    return b"".join(lines)


def _encode_update(update: Update, dialect: Dialect) -> bytes:
    match update:
        case Expunged(number):
            return b"* %d EXPUNGE\r\n" % number
        case Grown(exists, recent):
            return b"* %d EXISTS\r\n" % exists + (b"* %d RECENT\r\n" % recent if dialect.has_recent else b"")
        case FlagsChanged(number, meta, recent):
            # UID first: clients that know only UIDs can use it too (RFC 9051 §7.5.2)
            return encode_flags_line(number, meta, dialect, recent=recent)


def encode_flags_line(
    number: int, meta: MessageMeta, dialect: Dialect, *, recent: bool, has_uid: bool = True, has_flags: bool = True
) -> bytes:
    """``* 3 FETCH (UID 5 FLAGS (…) MODSEQ (7))``: the state of one message's flags."""
    words = [b"UID %d" % meta.uid] if has_uid else []
    if has_flags:
        words.append(b"FLAGS " + encode_flag_list(meta.flags, recent=recent))
    if dialect.has_modseq:
        words.append(b"MODSEQ (%d)" % meta.modseq)
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(words))


# -- items that need no bytes of the message

# What is shown of a message whose columns are missing: never a reason to fail a FETCH of others.
_NO_ENVELOPE = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
_NO_BODY = b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" %d 0)'

RowEncoder = Callable[[MessageRow, bool, tzinfo], bytes]

_ENCODERS: dict[str, RowEncoder] = {
    "UID": lambda row, _, __: b"UID %d" % row.meta.uid,
    "FLAGS": lambda row, recent, _: b"FLAGS " + encode_flag_list(row.meta.flags, recent=recent),
    "INTERNALDATE": lambda row, _, zone: b"INTERNALDATE " + encode_date_time(row.internal_date, zone),
    "RFC822.SIZE": lambda row, _, __: b"RFC822.SIZE %d" % row.size,
    "MODSEQ": lambda row, _, __: b"MODSEQ (%d)" % row.meta.modseq,
    "SAVEDATE": lambda row, _, zone: (
        b"SAVEDATE " + (NIL if row.saved_at is None else encode_date_time(row.saved_at, zone))
    ),
    "EMAILID": lambda row, _, __: b"EMAILID (E%d)" % row.meta.message_id,
    "THREADID": lambda row, _, __: b"THREADID " + (NIL if row.thread is None else b"(%b)" % row.thread.encode("ascii")),
    "PREVIEW": lambda row, _, __: (
        b"PREVIEW " + encode_nstring(None if row.preview is None else row.preview.encode("utf-8"))
    ),
    "ENVELOPE": lambda row, _, __: b"ENVELOPE " + (row.envelope or _NO_ENVELOPE),
    "BODY": lambda row, _, __: b"BODY " + (row.body or _NO_BODY % row.size),
    "BODYSTRUCTURE": lambda row, _, __: b"BODYSTRUCTURE " + (row.bodystructure or _NO_BODY % row.size),
}
_COLUMNS = {
    "ENVELOPE": Column.ENVELOPE,
    "BODY": Column.BODY,
    "BODYSTRUCTURE": Column.BODYSTRUCTURE,
    "PREVIEW": Column.PREVIEW,
    "THREADID": Column.THREAD,
}


def find_columns(items: Iterable[FetchItem | FetchSection]) -> frozenset[Column]:
    """What a page of rows must bring along for these items."""
    listed = list(items)
    columns = {_COLUMNS[item.name] for item in listed if isinstance(item, FetchItem) and item.name in _COLUMNS}
    sections = [item.section for item in listed if isinstance(item, FetchSection)]
    if all(map(is_listed, sections)):
        columns |= {Column.FIELDS} if sections else set()
    else:
        columns |= {Column.LAYOUT, Column.HEADER if all(map(is_top_header, sections)) else Column.DATA}
    return frozenset(columns)


def is_top_header(section: Section) -> bool:
    """Only the message's own header is needed."""
    return not section.part and section.text.startswith("HEADER")


def is_listed(section: Section) -> bool:
    """The fields it names are kept apart from the message."""
    return not section.part and section.text == "HEADER.FIELDS" and fold_names(section) <= LISTED_FIELDS


def build_row_encoder(names: Iterable[str], zone: tzinfo = UTC) -> Callable[[MessageRow, SeqNum, bool], bytes]:
    """A function that writes ``* n FETCH (…`` of a row, without the closing parenthesis; UID stands first."""
    ordered = sorted(dict.fromkeys(names), key=lambda name: name != "UID")
    unknown = [name for name in ordered if name not in _ENCODERS]
    if unknown:
        raise BadSyntax("an unknown item of FETCH", items=unknown)
    encoders = [_ENCODERS[name] for name in ordered]

    def encode(row: MessageRow, number: SeqNum, recent: bool) -> bytes:
        return encode_fetch_start(number) + b" ".join([encode_item(row, recent, zone) for encode_item in encoders])

    return encode
