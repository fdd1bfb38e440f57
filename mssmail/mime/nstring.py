"""Strings of IMAP (RFC 9051 §4.3), whatever bytes they hold.

ENVELOPE and BODYSTRUCTURE are written once, at delivery, hence here and not with the rest of IMAP's syntax.
"""

import re

NIL = b"NIL"

# RFC 9051 §9 allows any CHAR but CR and LF inside a quoted string; of the controls we let only tab stand there.
_QUOTABLE = re.compile(rb"[\t\x20-\x7e]{0,1000}")


def encode_string(value: bytes) -> bytes:
    """A quoted string, or a literal for what may not stand in one: 8-bit, controls, great length. NUL is left out."""
    if _QUOTABLE.fullmatch(value):
        if b"\\" in value or b'"' in value:
            value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return b'"' + value + b'"'
    value = value.replace(b"\0", b"")  # literal = "{" number "}" CRLF *CHAR8, and CHAR8 excludes NUL
    return b"{%d}\r\n%b" % (len(value), value)


def encode_nstring(value: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return NIL if value is None else encode_string(value)


def encode_text(text: str) -> bytes:
    """A string of UTF-8, or NIL when empty."""
    return encode_string(text.encode("utf-8", "replace")) if text else NIL
