"""A message's text as SEARCH compares it: decoded and folded once, kept compressed beside the message.

Three stretches: the header's fields, a line each; what health documents in it tell; the body. Without its text, a
message is decoded again whenever a search has to look at it.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, bindparam, insert, select

from mssmail.store.prepared import Prepared
from mssmail.store.schema import message_texts

MAX_KEPT = 4_194_304  # octets of a text; longer ones are rare, and read from the message
_LEVEL = 1  # twice the size of what is best costs a tenth of the time
_PIECE, _STRETCH = "\0", "\0\0"

_FIND = Prepared(select(message_texts.c.data).where(message_texts.c.message_id == bindparam("of_message")))
_INSERT = Prepared(insert(message_texts).prefix_with("OR REPLACE"), message_texts.columns.keys())


@dataclass(frozen=True)
class FoldedText:
    """``whole`` has a NUL between pieces and two between stretches; pieces hold none."""

    whole: str

    @cached_property
    def _stretches(self) -> Sequence[str]:
        return self.whole.split(_STRETCH, 2)

    def has_header_text(self, field: str, folded: str) -> bool:
        """A field of this (lower-case) name contains the folded text; empty text: there is such a field."""
        start = f"{field}: "
        lines = self._stretches[0].split(_PIECE)
        return any(line.startswith(start) and folded in line[len(start) :] for line in lines)

    def has_body_text(self, folded: str) -> bool:
        """The body contains the folded text."""
        return folded in self._stretches[2]

    def has_any_text(self, folded: str) -> bool:
        """Header, body or documents contain the folded text."""
        return folded in self.whole

    def encode(self) -> bytes:
        """As UTF-8: what trigrams are taken from."""
        return self.whole.encode("utf-8", "surrogatepass")


def join_text(fields: Sequence[str], documents: str, body: Sequence[str]) -> FoldedText:
    """The text of these pieces, already folded; a field is ``name: value``."""
    stretches = (_join(fields), _join((documents,)), _join(body))
    return FoldedText(_STRETCH.join(stretches))


def _join(pieces: Sequence[str]) -> str:
    return _PIECE.join(piece for piece in (each.replace("\0", "") for each in pieces) if piece)


def find_text(conn: Connection, message_id: int) -> FoldedText | None:
    """The text that is kept of a message; None when there is none."""
    row = _FIND.fetch(conn, {"of_message": message_id})
    if row is None or row[0] is None:
        return None
    return FoldedText(_expand(row[0]))


def is_text(compressed: bytes) -> bool:
    """What is kept can be read, for ``fsck``."""
    try:
        return FoldedText(_expand(compressed)).whole.count(_STRETCH) >= 2
    except (zlib.error, UnicodeDecodeError):
        return False


def _expand(compressed: bytes) -> str:
    return zlib.decompress(compressed).decode("utf-8", "surrogatepass")


def compress_text(encoded: bytes) -> bytes | None:
    """What is kept of it; None when it is too long."""
    return None if len(encoded) > MAX_KEPT else zlib.compress(encoded, _LEVEL)


def keep_text(conn: Connection, message_id: int, compressed: bytes | None) -> None:
    """Keep it beside its message, which must be there."""
    _INSERT.run(conn, ({"message_id": message_id, "data": compressed},))
