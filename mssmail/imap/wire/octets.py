"""The character classes of IMAP's grammar, as octets and as patterns over them (RFC 3501 §9, RFC 9051 §9).

Matching is linear: every repetition is possessive, so that no pattern can be made to try twice.
"""

import re

# CTL = %x00-1F / %x7F
CTL = bytes(range(0x20)) + b"\x7f"
# atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
ATOM_SPECIALS = b"(){ " + CTL + b"%*" + b'"\\' + b"]"
# ATOM-CHAR = <any CHAR except atom-specials>; CHAR = %x01-7F
ATOM_CHARS = bytes(octet for octet in range(1, 0x80) if octet not in ATOM_SPECIALS)
# ASTRING-CHAR = ATOM-CHAR / resp-specials
ASTRING_CHARS = ATOM_CHARS + b"]"
# tag = 1*<any ASTRING-CHAR except "+">
TAG_CHARS = ASTRING_CHARS.replace(b"+", b"")
# list-char = ATOM-CHAR / list-wildcards / resp-specials
LIST_CHARS = ATOM_CHARS + b"%*]"
# TEXT-CHAR = <any CHAR except CR and LF>
TEXT_CHARS = bytes(octet for octet in range(1, 0x80) if octet not in b"\r\n")
# QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials
PLAIN_QUOTED_CHARS = bytes(octet for octet in TEXT_CHARS if octet not in b'"\\')
# … / UTF8-2 / UTF8-3 / UTF8-4 (RFC 9051 §9): which sequences are well-formed is for the decoder to say
HIGH_OCTETS = bytes(range(0x80, 0x100))


def build_class(octets: bytes) -> bytes:
    """A regular expression's ``[…]`` for exactly these octets."""
    return b"[" + b"".join(b"\\x%02x" % octet for octet in sorted(set(octets))) + b"]"


def _build_quoted(plain: bytes) -> re.Pattern[bytes]:
    return re.compile(rb'"((?:' + build_class(plain) + rb'++|\\["\\])*+)"')


TAG = re.compile(build_class(TAG_CHARS) + b"++")
ATOM = re.compile(build_class(ATOM_CHARS) + b"++")
ASTRING_ATOM = re.compile(build_class(ASTRING_CHARS) + b"++")
LIST_ATOM = re.compile(build_class(LIST_CHARS) + b"++")
# quoted = DQUOTE *QUOTED-CHAR DQUOTE
QUOTED = _build_quoted(PLAIN_QUOTED_CHARS + HIGH_OCTETS)
QUOTED_PAIR = re.compile(rb'\\(["\\])')
