"""How large a header is, before anybody parses it: counting stops where it is absurd, however long the message."""

import re
from dataclasses import dataclass
from typing import Final

from mssmail.mime.headers import MAX_HEADER_BYTES

_BLANK: Final = b"\r\n\r\n"
_RECEIVED: Final = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HeaderSize:
    """``octets`` include the blank line that ends it. Beyond MAX_HEADER_BYTES they are the message's, and the rest 0.

    ``fields`` counts lines that are no folds; ``hops`` the Received fields among them.
    """

    octets: int
    fields: int = 0
    hops: int = 0


def measure_header(data: bytes) -> HeaderSize:
    """The size of a message's header; its line ends are CRLF, as SMTP has them."""
    if data.startswith(b"\r\n"):
        return HeaderSize(2)
    end = data.find(_BLANK, 0, MAX_HEADER_BYTES)
    octets = len(data) if end < 0 else end + len(_BLANK)
    if octets > MAX_HEADER_BYTES:
        return HeaderSize(octets)
    header = data[:octets] if end < 0 else data[: end + 2]
    folds = header.count(b"\n ") + header.count(b"\n\t")
    return HeaderSize(octets, header.count(b"\n") - folds, len(_RECEIVED.findall(header)))
