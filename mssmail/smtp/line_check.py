"""What no message may have, however it comes: bare CR, bare LF, NUL, and lines without end (RFC 5321 §2.3.8)."""

from typing import Final

MAX_LINE_BYTES: Final = 65_536
"""Longest line taken, its CRLF left out. RFC 5321 §4.5.3.1.6 obliges to 998 and asks not to stop there
(§4.5.3.1); real mail exceeds it, and cutting lines would break signatures."""


class LineCheck:
    """Looks at a growing buffer, each octet once."""

    def __init__(self, checked: int = 0) -> None:
        self.checked = checked  # octets of the buffer that were looked at
        self.has_bad_ending = self.has_long_line = False
        self._line = 0

    def check(self, buffer: bytearray, end: int) -> None:
        """Go on up to here, which is not between a CR and its LF; in steps shorter than the longest line."""
        start = self.checked
        if end <= start:
            return
        pairs = buffer.count(b"\r\n", start, end)
        self.has_bad_ending = (
            self.has_bad_ending
            or buffer.count(b"\r", start, end) != pairs
            or buffer.count(b"\n", start, end) != pairs
            or buffer.find(b"\0", start, end) >= 0
        )
        self._measure_lines(buffer, start, end)
        self.checked = end

    def _measure_lines(self, buffer: bytearray, start: int, end: int) -> None:
        """Only the outer lines matter: one that lies whole inside a piece is shorter than the limit."""
        first = buffer.find(b"\r\n", start, end)
        if first < 0:
            self._line += end - start
        else:
            self.has_long_line = self.has_long_line or self._line + first - start > MAX_LINE_BYTES
            self._line = end - buffer.rfind(b"\r\n", start, end) - 2
        self.has_long_line = self.has_long_line or self._line > MAX_LINE_BYTES
