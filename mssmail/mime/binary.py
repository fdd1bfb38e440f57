"""Binary contents turned into base64, so that a message can be given to every client (RFC 3516 §4.4, RFC 2045 §6).

A message that came as literal8 may hold NUL, which no literal of IMAP4rev1 can carry back.
"""

from base64 import b64encode
from collections.abc import Iterator

from mssmail.core.message import Span
from mssmail.errors import UnknownEncoding
from mssmail.mime.headers import select_fields
from mssmail.mime.tree import Part, walk

_FIELD = "content-transfer-encoding"
_LINE = 57  # octets of content that fill 76 characters (RFC 2045 §6.8)


def encode_binary(data: bytes, root: Part) -> bytes:
    """The message with every part of encoding ``binary`` that holds NUL in base64; other octets stay as they are.

    What encloses such parts says 8bit then, where it said binary. Raises UnknownEncoding for a NUL anywhere else.
    """
    changes = sorted(_list_changes(data, root), key=lambda change: change[0].start)
    pieces, start = [], 0
    for span, octets in changes:
        pieces += [data[start : span.start], octets]
        start = span.end
    encoded = b"".join((*pieces, data[start:]))
    if b"\0" in encoded:
        raise UnknownEncoding("a NUL outside of binary parts")
    return encoded


def _list_changes(data: bytes, root: Part) -> Iterator[tuple[Span, bytes]]:
    for part in walk(root):
        if part.encoding != "binary" or b"\0" not in part.body.cut(data):
            continue
        is_leaf = part.type not in {"multipart", "message"}  # RFC 2045 §6.4: those are never encoded
        for field in select_fields(data, part.header, _FIELD):
            yield field.value, b" base64" if is_leaf else b" 8bit"
        if is_leaf:
            yield part.body, b"\r\n".join(_encode_lines(part.body.cut(data)))


def _encode_lines(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _LINE):
        yield b64encode(content[start : start + _LINE])
