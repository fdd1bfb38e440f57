"""Command lines and messages from one stream of octets, with what was sent ahead kept for its turn (RFC 2920)."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from mssmail.errors import BadSyntax, FrameTooBig
from mssmail.smtp.reader import DataReader

MAX_LINE_BYTES: Final = 12_288
"""The longest line any command may have: AUTH and its answers (RFC 4954 §4)."""

_CHUNK: Final = 65_536
_PRINTABLE = re.compile(rb"[\x20-\x7e]*")


class LineStream:
    """Reads from aiosmtpd's StreamReader. EOFError means: all that was received has been read."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._pending = bytearray()
        self.is_chunk = False  # the line last read, good or bad, announced a chunk: what follows may be no command

    def has_line(self) -> bool:
        """A whole line waits already: the other side is pipelining, and replies may wait for each other."""
        return b"\n" in self._pending

    def has_octets(self, count: int) -> bool:
        """So many wait already."""
        return len(self._pending) >= count

    async def read_line(self) -> bytes:
        """The next line without its CRLF. Raises FrameTooBig after reading a longer one to its end.

        A line that ends in a bare LF raises BadSyntax (RFC 5321 §2.3.8), and so does one that holds anything but
        printable ASCII; MAIL and RCPT may hold printable UTF-8 (RFC 6531 §3.3).
        """
        scanned, is_too_long, self.is_chunk = 0, False, False
        while (found := self._pending.find(b"\n", scanned)) < 0:
            scanned = len(self._pending)
            if scanned > MAX_LINE_BYTES:
                self.is_chunk = self.is_chunk or (not is_too_long and _is_chunk(self._pending))
                is_too_long, scanned = True, 0
                self._pending.clear()
            await self._receive()
        line = bytes(memoryview(self._pending)[: found + 1])
        del self._pending[: found + 1]
        self.is_chunk = self.is_chunk or (not is_too_long and _is_chunk(line))
        if is_too_long or len(line) > MAX_LINE_BYTES:
            raise FrameTooBig(limit=MAX_LINE_BYTES)
        if not line.endswith(b"\r\n"):
            raise BadSyntax("a command line ends in CRLF")
        if not _PRINTABLE.fullmatch(line, 0, len(line) - 2) and not _is_international(line[:-2]):
            raise BadSyntax("a command line is printable ASCII")
        return line[:-2]

    async def read_message(self, data: DataReader, silence_seconds: float) -> None:
        """Feed the message to ``data`` up to its end. Raises TimeoutError when nothing comes for so long."""
        octets = bytes(self._pending)
        self._pending.clear()
        while (rest := data.feed(octets)) is None:
            async with asyncio.timeout(silence_seconds):
                octets = await self._read()
        self._pending += rest

    async def read_chunk(self, size: int, take: Callable[[bytes], None], silence_seconds: float) -> None:
        """Give ``take`` the next octets, so many and no more. Raises TimeoutError when nothing comes for so long."""
        ready = bytes(memoryview(self._pending)[:size])
        del self._pending[: len(ready)]
        take(ready)
        left = size - len(ready)
        while left:
            async with asyncio.timeout(silence_seconds):
                octets = await self._read()
            take(octets[:left])
            self._pending += octets[left:]
            left -= min(left, len(octets))

    def clear(self) -> None:
        """Forget what was received and not yet read (RFC 3207 §4.2)."""
        self._pending.clear()

    async def _receive(self) -> None:
        self._pending += await self._read()

    async def _read(self) -> bytes:
        octets = await self._reader.read(_CHUNK)
        if not octets:
            raise EOFError
        return octets


def _is_international(line: bytes) -> bool:
    if line[:5].upper() not in {b"MAIL ", b"RCPT "}:
        return False
    try:
        return line.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _is_chunk(line: bytes | bytearray) -> bool:
    return bytes(line[:4]).upper() == b"BDAT"


def parse_command(line: bytes) -> tuple[str, str]:
    """Verb in upper case, and the rest with blanks at its ends cut off."""
    verb, _, argument = line.decode("utf-8").partition(" ")
    return verb.upper(), argument.strip(" ")
