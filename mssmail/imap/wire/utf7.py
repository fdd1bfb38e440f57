"""Modified UTF-7, the alphabet of mailbox names before IMAP4rev2 (RFC 3501 §5.1.3, RFC 2152).

Each name has exactly one spelling, and only that one is read: printable ASCII stands for itself, ``&`` is ``&-``, the
rest is base64 of UTF-16. A second spelling of a name would be a second name for one mailbox, and an encoded ``/`` a
level nobody sees. So ``R&D``, ``&AGE-`` (an encoded a) and ``&Jjo-&Jjo-`` (two runs in a row) are refused.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from mssmail.errors import BadSyntax

_OTHERS = re.compile(r"[^\x20-\x7e]++|&")
_PIECE = re.compile(rb"([\x20-\x25\x27-\x7e]++)|&([A-Za-z0-9+,]*+)-")


def encode_utf7(text: str) -> bytes:
    """The one spelling of a name; a lone surrogate cannot be spelt and raises BadSyntax."""
    try:
        return _OTHERS.sub(lambda found: _encode_run(found[0]), text).encode("ascii")
    except UnicodeEncodeError as fault:
        raise BadSyntax("a name holds half a character") from fault


def _encode_run(run: str) -> str:
    if run == "&":
        return "&-"
    packed = b64encode(run.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
    return f"&{packed.decode('ascii')}-"


def decode_utf7(raw: bytes) -> str:
    """The name spelt so; raises BadSyntax when this is no spelling, or not the one that ``encode_utf7`` gives."""
    try:
        text = "".join(
            _decode_run(piece[2]) if piece[1] is None else piece[1].decode("ascii") for piece in _PIECE.finditer(raw)
        )
    except (Base64Error, UnicodeDecodeError) as fault:
        raise BadSyntax("the name is not modified UTF-7") from fault
    if encode_utf7(text) != raw:  # also when octets stood between the pieces
        raise BadSyntax("the name is not modified UTF-7")
    return text


def _decode_run(packed: bytes) -> str:
    return b64decode(packed.replace(b",", b"/") + b"=" * (-len(packed) % 4)).decode("utf-16-be") or "&"
