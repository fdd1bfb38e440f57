"""An SMTP reply whose basic code and enhanced status cannot disagree."""

import re
from dataclasses import dataclass

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_TEXT = re.compile(r"[\x20-\x7e]*")

# A reply line has 512 octets (RFC 5321 §4.5.3.1.5); a name in it must leave room for code, status and words.
MAX_QUOTED = 200


def quote_text(text: str, limit: int = MAX_QUOTED) -> str:
    r"""Foreign text fit for a reply: printable ASCII on one line, other octets as ``\C3`` (RFC 4514 §2.4), cut."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    octets = text.encode("utf-8", "backslashreplace")
    pieces = [chr(octet) if 0x20 <= octet <= 0x7E else f"\\{octet:02X}" for octet in octets[: limit + 1]]
    if len("".join(pieces)) <= limit:
        return "".join(pieces)
    while len("".join(pieces)) > limit - 3:
        pieces.pop()
    return "".join(pieces) + "..."


@dataclass(frozen=True, slots=True)
class Reply:
    """``code`` (RFC 5321 §4.2), ``status`` (RFC 3463 §2; empty for 2xx and 3xx without one), a line of ``text``."""

    code: int
    status: str
    text: str

    def __post_init__(self) -> None:
        if not 200 <= self.code <= 599:
            raise ValueError(f"no SMTP reply code: {self.code}")
        if self.status and (not _STATUS.fullmatch(self.status) or self.status[0] != str(self.code)[0]):
            raise ValueError(f"status {self.status!r} does not agree with code {self.code}")
        if not _TEXT.fullmatch(self.text):
            raise ValueError("a reply's text is printable ASCII on one line")

    @property
    def is_temporary(self) -> bool:
        """The other side should try again later."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """Trying again will not help."""
        return self.code >= 500

    def with_id(self, id: str) -> "Reply":
        """The same with the id under which journal and log explain it, for people who ask why."""
        return self if id in self.text else Reply(self.code, self.status, f"{self.text} ({id})")

    def __str__(self) -> str:
        """The reply as it stands on the wire, without CRLF."""
        return " ".join(part for part in (str(self.code), self.status, self.text) if part)
