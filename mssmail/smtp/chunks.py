"""A message in chunks (RFC 3030 §2): the octets are counted, not searched for an end, and there are no stuffed dots.

What is refused under DATA is refused here too: the next hop may have no BDAT, and then a bare LF would be the stuff of
smuggling again. BINARYMIME is not announced for the same reason: binary parts could only go on by being rewritten.
"""

import re
from dataclasses import dataclass
from typing import Final

from mssmail.core.reply import Reply
from mssmail.errors import BadLineEnding, LineTooLong, SpoolFull, TooBig
from mssmail.smtp.limits import InflightLimit
from mssmail.smtp.line_check import LineCheck
from mssmail.smtp.replies import RefusedArgument

# RFC 3030 §2: bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ]; 18 digits are more than anybody means.
_CHUNK = re.compile(r"(\d{1,18})(?: +([Ll][Aa][Ss][Tt]))?", re.ASCII)
_CR: Final = 13
_PIECE: Final = 32_768


@dataclass(frozen=True, slots=True)
class Chunk:
    """One BDAT command."""

    size: int
    is_last: bool


def parse_chunk(argument: str) -> Chunk:
    """``size [LAST]``; raises RefusedArgument, and then nobody knows where the next command begins."""
    match = _CHUNK.fullmatch(argument)
    if match is None:
        raise RefusedArgument(Reply(501, "5.5.4", "Syntax: BDAT size [LAST]"))
    return Chunk(int(match[1]), match[2] is not None)


class ChunkReader:
    """Collects one message from its chunks, as ``reader.DataReader`` does from DATA."""

    def __init__(self, max_bytes: int, room: InflightLimit) -> None:
        self._max_bytes = max_bytes
        self._room = room
        self._reserved = 0
        self.size = 0  # octets taken from the wire
        self._buffer = bytearray()
        self._lines = LineCheck()
        self._is_full = False

    @property
    def is_refused(self) -> bool:
        """More chunks will not mend it."""
        return self._is_full or self._lines.has_bad_ending or self.size > self._max_bytes

    def feed(self, octets: bytes) -> None:
        """Take octets of a chunk."""
        for start in range(0, len(octets), _PIECE):
            self._feed_piece(octets[start : start + _PIECE])

    def take_message(self) -> bytes:
        """The message, once: the reader keeps nothing of it. Raises TooBig, SpoolFull, BadLineEnding or LineTooLong."""
        if not self.is_refused:
            self._lines.check(self._buffer, len(self._buffer))
        buffer, self._buffer = self._buffer, bytearray()
        if self.size > self._max_bytes:
            raise TooBig(size=self.size)
        if self._is_full:
            raise SpoolFull("too many octets in flight", size=self.size)
        if self._lines.has_bad_ending:
            raise BadLineEnding(size=self.size)
        if self._lines.has_long_line:
            raise LineTooLong(size=self.size)
        return bytes(buffer)

    def give_back(self) -> None:
        """The room is no longer needed. May be called twice."""
        self._room.release(self._reserved)
        self._reserved = 0

    def _feed_piece(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.is_refused:
            self._drop()
            return
        if not self._room.reserve(len(piece)):
            self._is_full = True
            self._drop()
            return
        self._reserved += len(piece)
        self._buffer += piece
        end = len(self._buffer)
        self._lines.check(self._buffer, end - 1 if self._buffer[end - 1] == _CR else end)  # its LF may yet come
        if self.is_refused:
            self._drop()

    def _drop(self) -> None:
        self.give_back()
        self._buffer.clear()
