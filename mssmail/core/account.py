"""Accounts: the box of a person, team or machine (a BAL of MSSanté)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mssmail.core.address import Address


class AccountKind(Enum):
    """The four kinds of the French directory (trust spaces without them use PER)."""

    PER = "PER"  # one professional
    ORG = "ORG"  # a team; a legal person answers for it
    APP = "APP"  # a machine
    CAB = "CAB"  # a practice of self-employed professionals


@dataclass(frozen=True, slots=True)
class Account:
    """An account without its secrets. ``owner`` holds national identifiers by scheme: RPPS, FINESS, SIRET."""

    id: int
    address: Address
    kind: AccountKind
    display_name: str
    owner: tuple[tuple[str, str], ...]
    red_list: bool
    suspended: bool
    created_at: datetime
    quota_bytes: int | None = None
