"""A message's text as SEARCH compares it: decoded and folded once, kept compressed beside the message.

Three stretches: the header's fields, a line each; what health documents in it and the headers of its parts tell; the
body. Without its text, a message is decoded again whenever a search has to look at it.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from mssmail.store.prepared import Prepared
from mssmail.store.schema import message_texts

MAX_KEPT = 4_194_304  # octets of a text; longer ones are rare, and read from the message
_BEGINNING = 4_096  # octets looked at first: what most texts hold, most hold near their beginning
_LEVEL = 1  # twice the size of what is best costs a tenth of the time
_PIECE, _STRETCH = b"\0", b"\0\0"

_FIND = Prepared(select(message_texts.c.data).where(message_texts.c.message_id == bindparam("of_message")))
_INSERT = Prepared(insert(message_texts).prefix_with("OR REPLACE"), message_texts.columns.keys())


@dataclass(frozen=True, slots=True)
class FoldedText:
    """``whole`` is UTF-8 with a NUL between pieces and two between stretches; pieces hold none.

    Octets are compared, not characters: in UTF-8 the one finds what the other does, in less time.
    """

    whole: bytes

    def has_header_text(self, field: str, folded: str) -> bool:
        """A field of this (lower-case) name contains the folded text; empty text: there is such a field."""
        start, wanted = encode_folded(f"{field}: "), encode_folded(folded)
        lines = self.whole[: self.whole.index(_STRETCH)].split(_PIECE)
        return any(line.startswith(start) and wanted in line[len(start) :] for line in lines)

    def has_body_text(self, folded: str) -> bool:
        """The body contains the folded text."""
        start = self.whole.index(_STRETCH, self.whole.index(_STRETCH) + 2) + 2
        return self.whole.find(encode_folded(folded), start) >= 0

    def has_any_text(self, folded: str) -> bool:
        """Header, body or documents contain the folded text."""
        return encode_folded(folded) in self.whole


class PackedText:
    """A text as it is kept, unpacked no further than a question needs; the same questions as to ``FoldedText``."""

    def __init__(self, compressed: bytes) -> None:
        self._unpacker = zlib.decompressobj()
        self._beginning = self._unpacker.decompress(compressed, _BEGINNING)
        self._text: FoldedText | None = None

    @property
    def octets(self) -> int:
        """How much has been unpacked so far."""
        return len(self._beginning if self._text is None else self._text.whole)

    @property
    def text(self) -> FoldedText:
        """All of it."""
        if self._text is None:
            rest = self._unpacker.decompress(self._unpacker.unconsumed_tail)
            self._text = FoldedText(b"".join((self._beginning, rest, self._unpacker.flush())))
        return self._text

    def has_header_text(self, field: str, folded: str) -> bool:
        """A field of this (lower-case) name contains the folded text; empty text: there is such a field."""
        return self.text.has_header_text(field, folded)

    def has_body_text(self, folded: str) -> bool:
        """The body contains the folded text."""
        documents = self._beginning.find(_STRETCH) + 2
        body = self._beginning.find(_STRETCH, documents) + 2 if documents >= 2 else 1
        return (body >= 2 and self._beginning.find(encode_folded(folded), body) >= 0) or self.text.has_body_text(folded)

    def has_any_text(self, folded: str) -> bool:
        """Header, body or documents contain the folded text."""
        return encode_folded(folded) in self._beginning or self.text.has_any_text(folded)


def encode_folded(text: str) -> bytes:
    """Octets of a folded text, ready to be compared."""
    return text.encode("utf-8", "surrogatepass")


def join_text(fields: Iterable[str], beside: str, body: Iterable[str]) -> FoldedText:
    """The text of these pieces, already folded; a field is ``name: value``, ``beside`` what is not of the body."""
    return FoldedText(_STRETCH.join((_join(fields), _join((beside,)), _join(body))))


def _join(pieces: Iterable[str]) -> bytes:
    without = (each.replace("\0", "") for each in pieces)
    return _PIECE.join(encode_folded(each) for each in without if each)


def find_text(conn: Connection, message_id: int) -> PackedText | None:
    """The text that is kept of a message; None when there is none."""
    row = _FIND.fetch(conn, {"of_message": message_id})
    if row is None or row[0] is None:
        return None
    return PackedText(row[0])


def is_text(compressed: bytes) -> bool:
    """What is kept can be read, for ``fsck``."""
    try:
        return zlib.decompress(compressed).count(_STRETCH) >= 2
    except zlib.error:
        return False


def compress_text(encoded: bytes) -> bytes | None:
    """What is kept of it; None when it is too long."""
    return None if len(encoded) > MAX_KEPT else zlib.compress(encoded, _LEVEL)


def keep_text(conn: Connection, message_id: int, compressed: bytes | None) -> None:
    """Keep it beside its message, which must be there."""
    _INSERT.run(conn, ({"message_id": message_id, "data": compressed},))
