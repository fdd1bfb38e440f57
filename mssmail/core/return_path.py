"""Reverse paths of our own that stand for another: on mail that we send on, and on mail to lists.

The next operator takes a reverse path only in our domains, so mail that is sent on leaves with one of ours. It names
a row of the store, which holds the original, and a tag (HMAC-SHA-256, cut to 80 bits, base32) that nobody else can
make: a local part has 64 octets (RFC 5321 §4.5.3.1.1), too few for another address beside a tag. Case is not regarded,
because not every server keeps it.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mssmail.core.address import Address

_TAG_OCTETS: Final = 10
_FORM: Final = re.compile(r"(fwd|lst|mod)-([0-9a-z]{1,13})-([a-z2-7]{16})", re.IGNORECASE)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(Enum):
    """What mail to such an address is."""

    FORWARD = "fwd"  # a report about mail we sent on
    LIST = "lst"  # a report about mail to a list
    MODERATION = "mod"  # a moderator's answer


@dataclass(frozen=True, slots=True)
class Token:
    """What such an address names: a row of the store."""

    purpose: Purpose
    row_id: int


def encode_return_path(token: Token, domain: str, key: bytes) -> Address:
    """The address for this row in one of our domains."""
    return Address(f"{_encode_stem(token)}-{_compute_tag(token, domain, key)}", domain)


def has_form(address: Address) -> bool:
    """It looks like one: worth reading the key for."""
    return _FORM.fullmatch(address.local) is not None


def verify_return_path(address: Address, key: bytes) -> Token | None:
    """What the address names, if it is one of ours; None for everything else, forgeries included."""
    match = _FORM.fullmatch(address.local)
    if match is None:
        return None
    token = Token(Purpose(match[1].lower()), int(match[2], 36))
    is_ours = hmac.compare_digest(_compute_tag(token, address.domain, key), match[3].lower())
    return token if is_ours else None


def _encode_stem(token: Token) -> str:
    digits, number = "", token.row_id
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return f"{token.purpose.value}-{digits}"


def _compute_tag(token: Token, domain: str, key: bytes) -> str:
    made = hmac.new(key, f"{_encode_stem(token)}@{domain}".encode("ascii"), hashlib.sha256).digest()
    return base64.b32encode(made[:_TAG_OCTETS]).decode("ascii").lower()
