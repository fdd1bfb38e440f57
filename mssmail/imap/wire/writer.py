"""Write IMAP's terms: strings, names, flags, sets, text (RFC 9051 §9), as a server says them."""

import re
from collections.abc import Iterable

from mssmail.core.mailbox import STAR, Numbers, Saved, compress
from mssmail.imap.wire import octets
from mssmail.imap.wire.names import INBOX
from mssmail.imap.wire.utf7 import encode_utf7

NIL = b"NIL"
# Longer strings are literals: nobody's line buffer should have to hold them.
_LONGEST_QUOTED = 1_000
# QUOTED-CHAR without the controls that TEXT-CHAR would allow: they are legal, and nobody tests for them.
_QUOTABLE = re.compile(rb"[\x20-\x7e]*+")
_UTF8_QUOTABLE = re.compile(r"[^\x00-\x1f\x7f]*+")
_TO_ESCAPE = re.compile(rb'(["\\])')
_NOT_TEXT = re.compile(r"[^\x20-\x7e]++")


def encode_quoted(raw: bytes) -> bytes:
    """The octets between quotes, as they are but for what must be escaped."""
    return b'"' + _TO_ESCAPE.sub(rb"\\\1", raw) + b'"'


def encode_literal(raw: bytes) -> bytes:
    """The octets as a server's literal."""
    return encode_literal_start(len(raw)) + raw


def encode_literal_start(size: int, *, binary: bool = False) -> bytes:
    """``{n}`` CRLF: the octets follow, from wherever they are streamed; ``~{n}`` when NUL is among them."""
    return (b"~{%d}\r\n" if binary else b"{%d}\r\n") % size


def encode_string(raw: bytes) -> bytes:
    """Quoted where every reader agrees on what that means, else a literal."""
    return encode_quoted(raw) if is_quotable(raw) else encode_literal(raw)


def encode_client_string(raw: bytes) -> bytes:
    """The same as a client sends it, who does not wait to be asked for the literal (RFC 7888 §3)."""
    return encode_quoted(raw) if is_quotable(raw) else b"{%d+}\r\n%b" % (len(raw), raw)


def encode_client_mailbox(name: str, *, utf8: bool) -> bytes:
    """A mailbox name as a client sends it."""
    return encode_client_string(name.encode("utf-8") if utf8 else encode_utf7(name))


def is_quotable(raw: bytes) -> bool:
    """Printable ASCII, and not too long."""
    return len(raw) <= _LONGEST_QUOTED and _QUOTABLE.fullmatch(raw) is not None


def encode_nstring(raw: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return NIL if raw is None else encode_string(raw)


def encode_astring(raw: bytes) -> bytes:
    """An atom where one will do. NIL is quoted, for readers that take it for nothing."""
    if octets.ASTRING_ATOM.fullmatch(raw) and raw.upper() != NIL:
        return raw
    return encode_string(raw)


def encode_mailbox(name: str, *, utf8: bool = False) -> bytes:
    """A mailbox name: modified UTF-7, or UTF-8 in quotes where the client enabled it (RFC 9051 §5.1)."""
    if name.upper() == INBOX:
        return INBOX.encode("ascii")
    if not utf8:
        return encode_astring(encode_utf7(name))
    raw = name.encode("utf-8")
    if name.isascii() or len(raw) > _LONGEST_QUOTED or not _UTF8_QUOTABLE.fullmatch(name):
        return encode_astring(raw)
    return encode_quoted(raw)


def encode_flags(flags: Iterable[str]) -> bytes:
    r"""``(\Seen $Forwarded)``, in the order of their names, so that the same flags always look the same."""
    return b"(" + " ".join(sorted(flags)).encode("ascii") + b")"


def encode_ranges(ranges: Iterable[tuple[int, int]]) -> bytes:
    """``2,4:*`` from (low, high) pairs, STAR included."""
    return ",".join(
        _name_number(low) if low == high else f"{_name_number(low)}:{_name_number(high)}" for low, high in ranges
    ).encode("ascii")


def encode_numbers(numbers: Numbers) -> bytes:
    """A set as it was written, or ``$``."""
    return b"$" if isinstance(numbers, Saved) else encode_ranges(numbers.ranges)


def _name_number(number: int) -> str:
    return "*" if number == STAR else str(number)


def encode_number_set(numbers: Iterable[int]) -> bytes:
    """``2,4:7`` from ascending numbers; empty when there are none."""
    return encode_ranges(compress(numbers))


def encode_text(text: str) -> bytes:
    """Text for people to read on one line; whatever is not printable ASCII becomes ``?``. Never empty."""
    return _NOT_TEXT.sub("?", text).encode("ascii") or b"-"
