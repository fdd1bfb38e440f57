"""Content-Transfer-Encodings undone piece by piece (RFC 2045 §6): a part of 50 MB is never held whole.

Like ``text.decode_body``, to the octet, but bounded: a decoder holds back at most a few octets, or one line of 64 kB.
"""

import binascii
from typing import Protocol

from mssmail.mime.quoted_printable import decode_quoted_printable

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _BASE64 + b"=")
_LONGEST_LINE = 65_536  # of quoted-printable; a longer one is cut between two octets


class Decoder(Protocol):
    """Feed the octets of a body; each call gives what can be decoded so far."""

    def feed(self, data: bytes) -> bytes:
        """Decoded octets, perhaps none yet."""
        ...

    def finish(self) -> bytes:
        """What was held back; the body ends here."""
        ...


def build_decoder(encoding: str) -> Decoder | None:
    """A decoder for a lower-case Content-Transfer-Encoding; None when we do not know it."""
    match encoding:
        case "7bit" | "8bit" | "binary":
            return _Identity()
        case "base64":
            return Base64Decoder()
        case "quoted-printable":
            return _QuotedPrintable()
        case _:
            return None


class _Identity:
    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class Base64Decoder:
    """What is not of the alphabet is skipped, a cut end kept as far as it goes; padding ends it (RFC 2045 §6.8)."""

    def __init__(self) -> None:
        self._held = b""  # less than a group of four
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        """The octets of every group of four that is complete."""
        if self._ended:
            return b""
        *before, last = (self._held + data.translate(None, _NOT_BASE64)).split(b"=")
        count = 0
        for place, piece in enumerate(before, 1):
            count += len(piece)
            if count % 4 >= 2:  # in the middle of a group it is padding; elsewhere a stray letter
                self._held, self._ended = b"".join(before[:place]), True
                return b""
        letters = b"".join((*before, last))
        whole = len(letters) & ~3
        self._held = letters[whole:]
        return binascii.a2b_base64(letters[:whole])

    def finish(self) -> bytes:
        """Those of the last group, as far as it goes."""
        letters = self._held[: len(self._held) - (len(self._held) % 4 == 1)]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


class _QuotedPrintable:
    """Lines as they are complete; what is no escape stays as it is (RFC 2045 §6.7)."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        held = self._held + data
        end = held.rfind(b"\n") + 1
        if not end and len(held) > _LONGEST_LINE:
            escape = held.find(b"=", len(held) - 2)
            end = escape if escape >= 0 else len(held.rstrip(b" \t\r")) or len(held)
        self._held = held[end:]
        return decode_quoted_printable(held[:end], is_end=False)

    def finish(self) -> bytes:
        return decode_quoted_printable(self._held)
