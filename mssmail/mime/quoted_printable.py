"""Quoted-printable undone (RFC 2045 §6.7)."""

import binascii
import re

# Found once a run of blanks: the look-behind keeps a million of them from being tried from each of their places.
_TRAILING = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_LAST = re.compile(rb"(?<![ \t])[ \t]++\Z")


def decode_quoted_printable(data: bytes, *, is_end: bool = True) -> bytes:
    """The octets meant; what is no escape stays as it is. Never raises.

    Blanks at the end of a line are no part of it: some relay has put them there (RFC 2045 §6.7, rule 3).
    ``is_end``: the last line ends with the data.
    """
    stripped = _TRAILING.sub(b"", data)
    return binascii.a2b_qp(_LAST.sub(b"", stripped) if is_end else stripped)
