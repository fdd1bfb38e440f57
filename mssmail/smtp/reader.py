r"""The octets between 354 and ``CRLF.CRLF``, taken in pieces of any size.

Only a true ``CRLF . CRLF`` ends a message (RFC 5321 §4.1.1.4). Whatever else pretends to (``LF . LF`` and its kin, the
stuff of smuggling) stays inside the message, and the message is refused once its true end has come: reader and sender
never disagree about where the next command begins. A bare CR, a bare LF or a NUL is refused rather than mended, since
mending would break a signature (RFC 5321 §2.3.8).
"""

from typing import Final

from mssmail.errors import BadLineEnding, LineTooLong, SpoolFull, TooBig
from mssmail.smtp.limits import InflightLimit
from mssmail.smtp.line_check import LineCheck

_END: Final = b"\r\n.\r\n"
_CR: Final = 13
_PIECE: Final = 32_768


class DataReader:
    """Collects one message. Nothing it returns depends on how the octets were cut.

    ``room`` is asked before octets are kept; the caller ends with ``give_back``. A message that will be refused is read
    to its end but neither kept nor counted any longer: or those that came together too many would all be refused.
    """

    def __init__(self, max_bytes: int, room: InflightLimit) -> None:
        self._max_bytes = max_bytes
        # Stuffing makes three octets four at worst (a line of one dot), so beyond this it cannot fit.
        self._max_stuffed = max_bytes * 4 // 3 + 5
        self._room = room
        self._reserved = 0
        self.size = 0  # octets taken from the wire
        self._buffer = bytearray(b"\r\n")  # DATA begins as if after a line end, so that ".CRLF" alone ends it
        self._lines = LineCheck(2)
        self._is_full = self._is_discarding = False

    def feed(self, octets: bytes) -> bytes | None:
        """Take octets; None while the message goes on, else what came after its end."""
        for start in range(0, len(octets), _PIECE):
            rest = self._feed_piece(octets[start : start + _PIECE])
            if rest is not None:
                return rest + octets[start + _PIECE :]
        return None

    def take_message(self) -> bytes:
        """The message, dots unstuffed (RFC 5321 §4.5.2), once: the reader keeps nothing of it.

        Raises TooBig, SpoolFull, BadLineEnding or LineTooLong.
        """
        buffer, self._buffer = self._buffer, bytearray()
        if self.size > self._max_stuffed:
            raise TooBig(size=self.size)
        if self._is_full:
            raise SpoolFull("too many octets in flight", size=self.size)
        if self._lines.has_bad_ending:
            raise BadLineEnding(size=self.size)
        if b"\r\n." in buffer:
            buffer = buffer.replace(b"\r\n.", b"\r\n")
        if len(buffer) - 2 > self._max_bytes:
            raise TooBig(size=self.size)
        if self._lines.has_long_line:
            raise LineTooLong(size=self.size)
        return bytes(memoryview(buffer)[2:])

    def give_back(self) -> None:
        """The room is no longer needed: the message has been answered for, or never will be. May be called twice."""
        self._room.release(self._reserved)
        self._reserved = 0

    def _feed_piece(self, piece: bytes) -> bytes | None:
        start = max(0, len(self._buffer) - len(_END) + 1)
        self._buffer += piece
        found = self._buffer.find(_END, start)
        if found < 0:
            self._take_room(len(piece))
            # The last octets may turn out to be the beginning of the end, and a CR's LF may yet come.
            self._check(len(self._buffer) - len(_END) + 1)
            self._drop_what_is_refused()
            return None
        rest = bytes(memoryview(self._buffer)[found + len(_END) :])
        del self._buffer[found + 2 :]
        self._take_room(len(piece) - len(rest))
        self._check(len(self._buffer))
        return rest

    def _take_room(self, count: int) -> None:
        self.size += count
        if not self._is_discarding:
            self._is_full = not self._room.reserve(count)
            self._reserved += 0 if self._is_full else count

    def _drop_what_is_refused(self) -> None:
        if self._is_full or self._lines.has_bad_ending or self.size > self._max_stuffed:
            self._is_discarding = True
            self.give_back()
            del self._buffer[: -len(_END) + 1]

    def _check(self, end: int) -> None:
        """Look at what has come up to here; a CRLF is never cut in two."""
        buffer = self._buffer
        if self._is_discarding or end <= self._lines.checked:
            return
        if buffer[end - 1] == _CR and end < len(buffer):
            end -= 1
        self._lines.check(buffer, end)
