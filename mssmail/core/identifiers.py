"""National identifiers of people and structures in France: RPPS, FINESS, SIRET, with their check digits."""

import re
from collections.abc import Mapping
from enum import Enum

from mssmail.core.account import AccountKind
from mssmail.errors import BadAccount


class Scheme(Enum):
    """Which register an identifier comes from."""

    RPPS = "RPPS"  # professionals, 11 digits
    FINESS = "FINESS"  # health structures, 9 characters
    SIRET = "SIRET"  # establishments, 14 digits


_SHAPES = {
    Scheme.RPPS: re.compile(r"[0-9]{11}"),
    Scheme.FINESS: re.compile(r"[0-9][0-9AB][0-9]{7}"),
    Scheme.SIRET: re.compile(r"[0-9]{14}"),
}
_LA_POSTE = "356000000"  # its establishments are numbered by digit sum instead (INSEE)


def has_luhn_digit(digits: str) -> bool:
    """The last digit is the Luhn check digit of the others (ISO/IEC 7812-1 annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


def is_identifier(scheme: Scheme, text: str) -> bool:
    """The text has the shape and the check digit of its scheme.

    Corsican FINESS numbers (2A, 2B) are judged by shape alone: no published rule for the letter was found.
    """
    if not _SHAPES[scheme].fullmatch(text):
        return False
    if not text.isdigit():
        return text[0] == "2"
    if scheme is Scheme.SIRET and text.startswith(_LA_POSTE):
        return sum(map(int, text)) % 5 == 0 or has_luhn_digit(text)
    return has_luhn_digit(text)


_OWNERS = {
    AccountKind.PER: (Scheme.RPPS,),
    AccountKind.CAB: (Scheme.RPPS,),
    AccountKind.ORG: (Scheme.FINESS, Scheme.SIRET),
    AccountKind.APP: (Scheme.FINESS, Scheme.SIRET),
}


def require_owner(kind: AccountKind, owner: Mapping[Scheme, str]) -> None:
    """Raise BadAccount unless the account names who answers for it, with right check digits.

    A person's account names a professional, a team's or a machine's its structure; further identifiers may be added.
    """
    for scheme, text in owner.items():
        if not is_identifier(scheme, text):
            raise BadAccount(f"{text} is no {scheme.value} number: its length or its check digit is wrong")
    wanted = _OWNERS[kind]
    if not any(scheme in owner for scheme in wanted):
        raise BadAccount(
            f"a {kind.value} account needs the {' or '.join(scheme.value for scheme in wanted)} of its owner"
        )
