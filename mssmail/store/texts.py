"""A message's text as SEARCH compares it: decoded and folded once, kept compressed beside the message.

Three stretches: the header's fields, a line each; what health documents in it tell; the body. Without its text, a
message is decoded again whenever a search has to look at it.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from mssmail.store.prepared import Prepared
from mssmail.store.schema import message_texts

MAX_KEPT = 4_194_304  # octets of a text; longer ones are rare, and read from the message
_BUFFER = 65_536  # octets to begin with
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


def encode_folded(text: str) -> bytes:
    """Octets of a folded text, ready to be compared."""
    return text.encode("utf-8", "surrogatepass")


def join_text(fields: Iterable[str], documents: str, body: Iterable[str]) -> FoldedText:
    """The text of these pieces, already folded; a field is ``name: value``."""
    return FoldedText(_STRETCH.join((_join(fields), _join((documents,)), _join(body))))


def _join(pieces: Iterable[str]) -> bytes:
    without = (each.replace("\0", "") for each in pieces)
    return _PIECE.join(encode_folded(each) for each in without if each)


def find_text(conn: Connection, message_id: int) -> FoldedText | None:
    """The text that is kept of a message; None when there is none."""
    row = _FIND.fetch(conn, {"of_message": message_id})
    if row is None or row[0] is None:
        return None
    return FoldedText(zlib.decompress(row[0], bufsize=_BUFFER))


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
