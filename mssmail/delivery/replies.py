r"""The replies of a peer's server, out of its bytes (RFC 5321 §4.2).

::

    Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
    Reply-code = %x32-35 %x30-35 %x30-39

Lines end with CRLF and nothing else: a peer that writes bare CR or LF is not one whose answers we could tell apart.
"""

import re
from dataclasses import dataclass

from mssmail.core.reply import Reply
from mssmail.errors import BadSyntax, FrameTooBig

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: +|$)")
_MAX_LINE = 2_048  # RFC 5321 §4.5.3.1.5 says 512; some servers are more talkative
_MAX_LINES = 128
_MAX_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class PeerReply:
    """A whole reply: its code and its lines' text, as printable ASCII (anything else became ``?``)."""

    code: int
    lines: tuple[str, ...]

    def to_reply(self) -> Reply:
        """As one line; the enhanced status stands in every line (RFC 2034 §4), and one that disagrees is text."""
        status, texts = "", []
        for line in self.lines:
            match = _STATUS.match(line)
            if match is not None and match[1][0] == str(self.code)[0]:
                status = status or match[1]
                texts.append(line[match.end() :])
            else:
                texts.append(line)
        return Reply(self.code, status, " ".join(texts).strip()[:_MAX_TEXT])


class ReplyReader:
    """Bytes in, whole replies out. Raises BadSyntax or FrameTooBig; after that it is of no more use."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._code = b""
        self._lines: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Nothing of a further reply has come."""
        return not self._buffer and not self._lines

    def feed(self, data: bytes) -> None:
        """Take more bytes."""
        self._buffer += data

    def take(self) -> PeerReply | None:
        """The next whole reply, or None when more bytes are needed."""
        while (line := self._take_line()) is not None:
            if (reply := self._add(line)) is not None:
                return reply
        return None

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", 0, _MAX_LINE)
        # A CR at the very end may have its LF still under way; any other bare one never becomes right.
        seen = bytes(self._buffer[:_MAX_LINE] if end < 0 else self._buffer[:end])
        if b"\n" in seen or b"\r" in (seen[:-1] if end < 0 else seen):
            raise BadSyntax("a bare CR or LF in a reply")
        if end < 0:
            if len(self._buffer) >= _MAX_LINE:
                raise FrameTooBig("a reply line without end")
            return None
        del self._buffer[: end + 2]
        return seen

    def _add(self, line: bytes) -> PeerReply | None:
        match = _LINE.fullmatch(line)
        if match is None or (self._lines and match[1] != self._code):
            raise BadSyntax("no reply line")
        if len(self._lines) >= _MAX_LINES:
            raise FrameTooBig("a reply of too many lines")
        self._code = match[1]
        self._lines.append(re.sub(r"[^\x20-\x7e]", "?", (match[3] or b"").decode("utf-8", "replace")))
        if match[2] == b"-":
            return None
        reply = PeerReply(int(self._code), tuple(self._lines))
        self._lines = []
        return reply
