"""BINARY[part] and BINARY.SIZE[part]: contents without their Content-Transfer-Encoding (RFC 3516, RFC 9051 §6.4.5).

Beyond the standard, HEADER, MIME and TEXT are sections here too, as in Dovecot: nothing in a header is encoded.

How long a content is must be said before its first octet, so one that is large is decoded twice, never held whole.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from mssmail.errors import UnknownEncoding
from mssmail.imap.render import Slice
from mssmail.imap.stream import BLOCK, Ask, Ready, Source, find_whole, load_table, prepare
from mssmail.imap.wire.commands import Section
from mssmail.mime.decoding import Decoder, build_decoder
from mssmail.mime.part_table import PartKind

_BODIES = frozenset({"", "TEXT"})
_WHOLE = 2**63  # more octets than any content has


async def prepare_size(source: Source, ask: Ask, most: int = BLOCK) -> Ready:
    """How many octets the content has; none when the message has no such part. Raises UnknownEncoding."""
    if ask.names:  # nothing in a header is encoded
        ready = await prepare(source, ask, most)
        return Ready(ask.label, -1, b"%d" % max(0, ready.size))
    content = _open(source, ask)
    size = 0 if content is None else (await content.survey()).size
    return Ready(ask.label, -1, b"%d" % size)


async def prepare_decoded(source: Source, ask: Ask, most: int = BLOCK) -> Ready:
    """The content, cut to its partial, ready to be announced; not held when it is longer. Raises UnknownEncoding."""
    if ask.names:
        return await prepare(source, ask, most)
    content = _open(source, ask)
    if content is None:
        return Ready(ask.label, -1)
    if min(len(content.encoded), content.end - content.start) <= most:
        data = b"".join([piece async for piece in content.decode()])
        return Ready(ask.label, len(data), data, has_nul=b"\0" in data)
    found = await content.survey()
    return Ready(ask.label, found.size, rest=content.decode(), has_nul=found.has_nul)


@dataclass(frozen=True, slots=True)
class _Survey:
    size: int
    has_nul: bool


@dataclass(frozen=True, slots=True)
class _Content:
    """One part's content, decoded as often as it is asked for."""

    source: Source
    encoded: Slice
    encoding: str
    start: int
    end: int

    async def survey(self) -> _Survey:
        """Decode it once, keeping nothing."""
        size, has_nul = 0, False
        async for piece in self.decode():
            size += len(piece)
            has_nul = has_nul or b"\0" in piece
        return _Survey(size, has_nul)

    async def decode(self) -> AsyncIterator[bytes]:
        """The octets asked for, in pieces."""
        decoder, place = _find_decoder(self.encoding), 0
        async for block in self.source.stream(self.encoded):
            piece = decoder.feed(block)
            yield piece[max(0, self.start - place) : max(0, self.end - place)]
            place += len(piece)
            if place >= self.end:
                return
        last = decoder.finish()
        yield last[max(0, self.start - place) : max(0, self.end - place)]


def _find_decoder(encoding: str) -> Decoder:
    decoder = build_decoder(encoding)
    if decoder is None:
        raise UnknownEncoding("a Content-Transfer-Encoding that we do not know", encoding=encoding)
    return decoder


def _open(source: Source, ask: Ask) -> _Content | None:
    whole = find_whole(source, ask)
    if whole is None:
        return None
    encoding = _find_encoding(source, ask.section)
    _find_decoder(encoding)
    offset, length = ask.partial or (0, _WHOLE)
    return _Content(source, whole, encoding, offset, offset + length)


def _find_encoding(source: Source, section: Section) -> str:
    """Only what has no parts of its own is encoded (RFC 2045 §6.4), and no header is."""
    table = load_table(source.layout) if section.part or section.text == "TEXT" else None
    entry = None if table is None or section.text not in _BODIES else table.find(section.part)
    if entry is not None and section.text == "TEXT":
        entry = entry.message if section.part else entry
    return "binary" if entry is None or entry.kind is not PartKind.LEAF else entry.encoding
