"""BODY[section] cut out of the view of a message by offsets, and flags as they are told.

The view of a message is our prefix, then the message without its ``cuts`` (see ``core.mailbox.ViewLayout``). A section
becomes a ``Slice``: octets we hold and spans still to be read, so that a large body need never be held whole.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from mssmail.core.mailbox import MessageMeta, ViewLayout
from mssmail.core.message import Span
from mssmail.imap.view import Expunged, FlagsChanged, Grown, Update
from mssmail.imap.wire.commands import Section
from mssmail.imap.wire.writer import encode_flags, encode_number_set
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
