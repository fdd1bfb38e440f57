"""Cut the client's bytes into commands: lines joined by their literals, within limits (RFC 9051 §4, RFC 7888).

``feed`` bytes, then ask ``next_event`` until it answers None: what the framer holds then stays within the limits. It is
asked event by event because the answer may change what follows: after AUTHENTICATE or IDLE the next line is no command
(``expect_line``), after STARTTLS nothing that came before counts (``clear``), after LOGIN the limits grow.

Line ends are CRLF and nothing else (RFC 9051 §2.2). A bare CR or LF is part of its line and spoils it: a server that
took it for a line end would run the second half of what its client, a web mailer say, thought was one line.
"""

import re
from enum import Enum

from mssmail.imap.wire.frames import (
    BEFORE_LOGIN,
    PLACE,
    Event,
    Frame,
    HangUp,
    Limits,
    Literal,
    Malformed,
    NeedContinuation,
    RawLine,
    TooBig,
)
from mssmail.imap.wire.octets import TAG

# literal  = "{" number64 ["+"] "}" CRLF *CHAR8
# literal8 = "~{" number64 ["+"] "}" CRLF *OCTET
_MARK = re.compile(rb"\{([0-9]++)(\+?)\}")
_MARK_CUT_OFF = re.compile(rb"[0-9]++\+\}")
# Others take words. To look for forty megabytes of them in a mailbox would hold up everybody.
_TAKES_MESSAGES = re.compile(rb"[^ ]++ (?:APPEND|(?:UID )?REPLACE) ", re.IGNORECASE)
_NAMES = 1_024  # octets in which a command's tag and name stand
_LONGEST_NUMBER = 20  # digits of 2**64
_TAIL = _LONGEST_NUMBER + 5  # a mark with such a number, and one octet more
_BEYOND = 2**64  # a literal as large as any, for sizes that have too many digits to be read
_CRLF = b"\r\n"


class _Mode(Enum):
    LINE = "line"
    LITERAL = "literal"
    CLOSED = "closed"


class Framer:
    """Bytes in, events out. ``limits`` may be replaced between commands."""

    def __init__(self, limits: Limits = BEFORE_LOGIN) -> None:
        self.limits = limits
        self._buffer = bytearray()
        self._scanned = 0  # no CRLF begins before this place of the buffer
        self._start_command()

    def _start_command(self) -> None:
        self._mode = _Mode.LINE
        self._raw = False
        self._text = bytearray()
        self._literals: list[Literal] = []
        self._literal = bytearray()
        self._binary = False
        self._missing = 0  # octets of the literal still to come
        self._octets = 0  # of the command so far, CRLFs and what was dropped included
        self._failure: TooBig | Malformed | None = None

    def feed(self, data: bytes) -> None:
        """Take what the socket gave."""
        if self._mode is not _Mode.CLOSED:
            self._buffer += data

    def clear(self) -> int:
        """Forget what was not yet asked for; how many octets that were. For STARTTLS (RFC 9051 §11.1)."""
        dropped = len(self._buffer)
        self._drop(dropped)
        return dropped

    def expect_line(self) -> None:
        """Have the next line given as RawLine: a SASL response, or what ends IDLE. For one line only."""
        self._raw = True

    def next_event(self) -> Event | None:
        """The next event, or None when more bytes are needed."""
        event: Event | None = None
        progress = True
        while event is None and progress and self._mode is not _Mode.CLOSED:
            event, progress = self._read_line() if self._mode is _Mode.LINE else self._read_literal()
        return event

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._scanned = 0

    def _finish(self, event: Event) -> Event:
        self._start_command()
        return event

    def _hang_up(self) -> HangUp:
        self._start_command()
        self._mode = _Mode.CLOSED
        self.clear()
        return HangUp("the command is too long to be read past")

    def _read_line(self) -> tuple[Event | None, bool]:
        """The event a line brings, if any, and whether there was a line at all."""
        end = self._buffer.find(_CRLF, self._scanned)
        if end < 0:
            return self._wait_for_line_end(), False
        line = bytes(self._buffer[:end])
        self._drop(end + len(_CRLF))
        self._octets += end + len(_CRLF)
        self._check_line(line)
        if self._failure is not None and self._octets > self.limits.discard:
            return self._hang_up(), False
        return self._end_line(line), True

    def _wait_for_line_end(self) -> Event | None:
        """Bound what is held until CRLF comes: of a line too long, only a tail that may announce a literal."""
        held = len(self._buffer)
        length = held - self._buffer.endswith(b"\r")
        self._scanned = length
        if self._failure is None and length > self._room():
            self._failure = TooBig(self._read_tag(bytes(self._buffer)), "the line is too long")
        if self._failure is None:
            return None
        if self._octets + held > self.limits.discard:
            return self._hang_up()
        surplus = max(0, length - _TAIL)
        self._octets += surplus
        self._drop(surplus)
        self._scanned = length - surplus
        return None

    def _room(self) -> int:
        """How long the line at hand may be."""
        return max(0, self.limits.line - len(self._text))

    def _check_line(self, line: bytes) -> None:
        if self._failure is not None:
            return
        if len(line) > self._room():
            self._failure = TooBig(self._read_tag(line), "the line is too long")
        elif b"\r" in line or b"\n" in line:
            self._failure = Malformed(self._read_tag(line), "a bare CR or LF")

    def _read_tag(self, line: bytes) -> str:
        """The tag of the command at hand, as far as the limits let us read; empty when there is none."""
        if self._raw:
            return ""
        start = bytes(self._text) or line[: self._room() + 1]
        tag = TAG.match(start)
        return tag[0].decode("ascii") if tag and start[tag.end() : tag.end() + 1] == b" " else ""

    def _end_line(self, line: bytes) -> Event | None:
        """What a whole line brings: the end of the command, or a literal."""
        if self._raw:
            return self._finish(self._failure or RawLine(line))
        mark = self._find_mark(line)
        if mark is not None:
            return self._start_literal(line, *mark)
        return self._finish(self._failure or Frame(bytes(self._text) + line, tuple(self._literals)))

    def _find_mark(self, line: bytes) -> tuple[int, int, bool] | None:
        """Where the line announces a literal, its size, and whether the client waits to be asked for it.

        RFC 7888 §3: the end of every line must be looked at, also of one that is refused. Of such a line only the tail
        is looked at, because no more of it may have been kept; a number longer than that is beyond any size.
        """
        if self._failure is not None:
            line = line[-_TAIL:]
            if len(line) == _TAIL and _MARK_CUT_OFF.fullmatch(line):
                return 0, _BEYOND, False
        start = line.rfind(b"{")
        mark = _MARK.fullmatch(line, start) if start >= 0 else None
        if mark is None:
            return None
        return start, int(mark[1]) if len(mark[1]) <= _LONGEST_NUMBER else _BEYOND, not mark[2]

    def _start_literal(self, line: bytes, start: int, size: int, waits: bool) -> Event | None:
        if self._failure is None:
            self._failure = self._check_literal(line, size)
        if self._failure is None:
            self._binary = line[:start].endswith(b"~")
            self._text += line[: start - self._binary] + PLACE
        elif waits:  # refused before it is sent
            return self._finish(self._failure)
        elif self._octets + size > self.limits.discard:
            return self._hang_up()
        self._mode, self._missing = _Mode.LITERAL, size
        return NeedContinuation(size) if waits else None

    def _check_literal(self, line: bytes, size: int) -> TooBig | None:
        limits = self.limits
        if len(self._literals) >= limits.literals:
            return TooBig(self._read_tag(line), "too many literals")
        start = bytes(self._text[:_NAMES]) or line[:_NAMES]
        if size > (limits.literal if _TAKES_MESSAGES.match(start) else min(limits.literal, limits.line)):
            return TooBig(self._read_tag(line), "the literal is too big")
        if self._octets + size > limits.command:
            return TooBig(self._read_tag(line), "the command is too big")
        return None

    def _read_literal(self) -> tuple[Event | None, bool]:
        taken = min(self._missing, len(self._buffer))
        if self._failure is None:
            self._literal += self._buffer[:taken]
        self._drop(taken)
        self._octets += taken
        self._missing -= taken
        if self._missing:
            return None, False
        if self._failure is None:
            self._literals.append(Literal(bytes(self._literal), self._binary))
            self._literal = bytearray()
        self._mode = _Mode.LINE
        return None, True
