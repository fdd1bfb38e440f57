"""Sections of one message, read and handed out in pieces: a 50 MB body is never held whole (RFC 9051 §6.4.5)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from mssmail.core.mailbox import ViewLayout
from mssmail.core.message import Span
from mssmail.errors import Fault
from mssmail.imap.backend import MailStore
from mssmail.imap.render import Piece, Slice, find_section, fold_names
from mssmail.imap.session import Outlet, Severed
from mssmail.imap.wire.commands import FetchSection, Section
from mssmail.imap.wire.fetch_responses import encode_section_label
from mssmail.imap.wire.writer import NIL, encode_literal_start
from mssmail.mime.field_filter import FieldFilter
from mssmail.mime.fields import filter_fields
from mssmail.mime.part_table import PartTable, decode_parts

BLOCK = 262_144  # octets read at a time
PIECE = 65_536  # octets written at a time
LITTLE = 4_096  # octets of each section that are read in any case, before the first goes out
_SMALL = 131_072  # a message up to this size is read once, whatever is wanted of it


class Source:
    """The bytes of one message, read as needed."""

    def __init__(
        self, store: MailStore, layout: ViewLayout, header: bytes | None = None, data: bytes | None = None
    ) -> None:
        self.layout = layout
        self._store = store
        self._known: tuple[Span, bytes] | None = None if header is None else (layout.header, header)
        if data is not None:
            self._known = Span(0, layout.length), data

    async def read(self, span: Span) -> bytes:
        """The bytes of the span, which is at most BLOCK long. Raises NoSuchMailbox when the message has gone."""
        known = self.find_known(span)
        if known is not None:
            return known
        if self.layout.length <= _SMALL:
            whole = Span(0, self.layout.length)
            self._known = (whole, await self._store.read_message(self.layout.message_id, whole))
            return self._known[1][span.start : span.end]
        return await self._store.read_message(self.layout.message_id, span)

    def find_known(self, piece: Piece) -> bytes | None:
        """The octets, when they are here without reading."""
        if isinstance(piece, bytes):
            return piece
        if self._known is None:
            return None
        held, data = self._known
        if not held.start <= piece.start <= piece.end <= held.end:
            return None
        return data[piece.start - held.start : piece.end - held.start]

    async def stream(self, part: Slice) -> AsyncIterator[bytes]:
        """The slice's octets in blocks."""
        for piece in part.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            for start in range(piece.start, piece.end, BLOCK):
                yield await self.read(Span(start, min(start + BLOCK, piece.end)))

    async def gather(self, part: Slice) -> bytes:
        """The slice's octets at once; for headers and other small things."""
        known = [self.find_known(piece) for piece in part.pieces]
        here = [octets for octets in known if octets is not None]
        return b"".join(here if len(here) == len(known) else [block async for block in self.stream(part)])


@dataclass(frozen=True, slots=True)
class Ask:
    """One BODY[…] that is asked of many messages; what is the same for all of them is worked out once."""

    section: Section
    partial: tuple[int, int] | None
    label: bytes
    names: frozenset[bytes]  # of fields, lower-case
    is_exclusion: bool  # HEADER.FIELDS.NOT
    kind: str = "BODY"  # BINARY and BINARY.SIZE want the content decoded


def build_ask(item: FetchSection) -> Ask:
    """The item made ready for many messages."""
    section = item.section
    label = encode_section_label(item)
    return Ask(section, item.partial, label, fold_names(section), section.text == "HEADER.FIELDS.NOT", item.label)


def find_whole(source: Source, ask: Ask) -> Slice | None:
    """What is asked for, not cut, and of a header all fields; None when the message has no such part."""
    table = load_table(source.layout) if ask.section.part else None  # most questions need none
    return find_section(source.layout, table, ask.section)


def load_table(layout: ViewLayout) -> PartTable | None:
    """The message's parts; None when the table is damaged: the message can still be read whole."""
    try:
        return decode_parts(layout.parts)
    except ValueError:
        return None


@dataclass(slots=True)
class Ready:
    """A section whose beginning is read, so that it can be announced; ``rest`` gives what follows, if anything."""

    label: bytes
    size: int  # -1: no literal but ``beginning`` as it is, NIL when that is empty
    beginning: bytes = b""
    rest: AsyncIterator[bytes] | None = None
    has_nul: bool = False  # somewhere in it, which only BINARY can have (RFC 3516 §4.2)


async def prepare(source: Source, ask: Ask, most: int = BLOCK) -> Ready:
    """Read its beginning, so many octets: whatever is wrong with a message shows before its first octet goes out."""
    part = find_whole(source, ask)
    if part is None:
        return Ready(ask.label, -1)
    if ask.names and len(part) > BLOCK:
        size = sum([len(piece) async for piece in _filter(source, part, ask)])
        return Ready(ask.label, size, rest=_filter(source, part, ask))
    if ask.names:
        part = Slice((filter_fields(await source.gather(part), ask.names, exclude=ask.is_exclusion),))
    if ask.partial is not None:
        part = part.cut(*ask.partial)
    size = len(part)
    if size <= most:
        return Ready(ask.label, size, await source.gather(part))
    beginning = await source.gather(part.cut(0, most))
    return Ready(ask.label, size, beginning, source.stream(part.cut(most, size - most)))


async def _filter(source: Source, header: Slice, ask: Ask) -> AsyncIterator[bytes]:
    """The fields asked for out of a long header, of which no more than a piece is held: it is read twice instead."""
    start, length = ask.partial or (0, len(header) + 4)
    fields = FieldFilter(ask.names, exclude=ask.is_exclusion)
    place = 0
    async for block in source.stream(header):
        piece = fields.feed(block)
        yield piece[max(0, start - place) : max(0, start + length - place)]
        place += len(piece)
    last = fields.finish()
    yield last[max(0, start - place) : max(0, start + length - place)]


def encode_ready(ready: Ready) -> bytes:
    """The section as far as it is here: its name, its length, and how it begins."""
    if ready.size < 0:
        return ready.label + b" " + (ready.beginning or NIL)
    return ready.label + b" " + encode_literal_start(ready.size, binary=ready.has_nul) + ready.beginning


async def send_ready(parcel: "Parcel", ready: Ready) -> None:
    """The section, as announced to the octet. Once it has begun there is no way back but to hang up."""
    await parcel.add(encode_ready(ready))
    if ready.size < 0:
        return
    sent = len(ready.beginning)
    try:
        if ready.rest is not None:
            async for block in ready.rest:
                await parcel.add(block)
                sent += len(block)
    except Fault as fault:
        raise Severed("a message broke off while it was being sent") from fault
    if sent != ready.size:
        raise Severed("a message is not as long as its layout says")


class Parcel:
    """Gathers what is small and sends pieces of PIECE octets, each when the one before is on its way."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._held: list[bytes] = []
        self._size = 0
        self._turn = 0  # octets sent since others had theirs

    async def add(self, data: bytes) -> None:
        """Add octets; sends what has come together."""
        self._held.append(data)
        self._size += len(data)
        if self._size >= PIECE:
            await self.send()

    async def send(self) -> None:
        """Send everything."""
        data = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held, self._size = [], 0
        for start in range(0, len(data), PIECE):
            await self._outlet.send(data[start : start + PIECE])
        self._turn += len(data)
        if self._turn >= BLOCK:  # a client that reads fast never makes us wait
            self._turn = 0
            await self._outlet.pause(0)
