"""Sections of one message, read and handed out in pieces: a 50 MB body is never held whole (RFC 9051 §6.4.5)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from mssmail.core.mailbox import ViewLayout
from mssmail.core.message import Span
from mssmail.errors import Fault
from mssmail.imap.backend import MailStore
from mssmail.imap.render import Slice, filter_fields, find_section, fold_names
from mssmail.imap.session import Outlet, Severed
from mssmail.imap.wire.commands import FetchSection
from mssmail.imap.wire.fetch_responses import encode_missing_section, encode_section_start
from mssmail.mime.part_table import PartTable, decode_parts

BLOCK = 262_144  # octets read at a time
PIECE = 65_536  # octets written at a time
_SMALL = 131_072  # a message up to this size is read once, whatever is wanted of it


class Source:
    """The bytes of one message, read as needed."""

    def __init__(self, store: MailStore, layout: ViewLayout, header: bytes | None) -> None:
        self.layout = layout
        self._store = store
        self._known: tuple[Span, bytes] | None = None if header is None else (layout.header, header)

    async def read(self, span: Span) -> bytes:
        """The bytes of the span, which is at most BLOCK long. Raises NoSuchMailbox when the message has gone."""
        known = self._find_known(span)
        if known is not None:
            return known
        if self.layout.length <= _SMALL:
            whole = Span(0, self.layout.length)
            self._known = (whole, await self._store.read_message(self.layout.message_id, whole))
            return self._known[1][span.start : span.end]
        return await self._store.read_message(self.layout.message_id, span)

    def _find_known(self, span: Span) -> bytes | None:
        if self._known is None:
            return None
        held, data = self._known
        if not held.start <= span.start <= span.end <= held.end:
            return None
        return data[span.start - held.start : span.end - held.start]

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
        return b"".join([block async for block in self.stream(part)])


async def find_slice(source: Source, item: FetchSection) -> Slice | None:
    """What the item asks for, cut to its partial; None when the message has no such part."""
    section = item.section
    table = _load_table(source.layout) if section.part else None  # most questions need none
    found = find_section(source.layout, table, section)
    if found is None:
        return None
    if section.fields:
        header = await source.gather(found)
        fields = filter_fields(header, fold_names(section), exclude=section.text == "HEADER.FIELDS.NOT")
        found = Slice((fields,))
    return found if item.partial is None else found.cut(*item.partial)


def _load_table(layout: ViewLayout) -> PartTable | None:
    """None when the table is damaged: the message can still be read whole."""
    try:
        return decode_parts(layout.parts)
    except ValueError:
        return None


@dataclass(slots=True)
class Ready:
    """A section whose beginning is read, so that it can be announced; ``rest`` gives what follows."""

    item: FetchSection
    size: int  # -1: there is no such part
    beginning: bytes
    rest: AsyncIterator[bytes]


async def prepare(source: Source, item: FetchSection) -> Ready:
    """Read as much as BLOCK of it: whatever is wrong with a message shows before its first octet goes out."""
    part = await find_slice(source, item)
    blocks = source.stream(part or Slice(()))
    held: list[bytes] = []
    async for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= BLOCK:
            break
    return Ready(item, -1 if part is None else len(part), b"".join(held), blocks)


async def send_ready(parcel: "Parcel", ready: Ready) -> None:
    """The section, as announced to the octet. Once it has begun there is no way back but to hang up."""
    if ready.size < 0:
        await parcel.add(encode_missing_section(ready.item))
        return
    await parcel.add(encode_section_start(ready.item, ready.size))
    await parcel.add(ready.beginning)
    sent = len(ready.beginning)
    try:
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
