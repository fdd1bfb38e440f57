"""An address of ours, and where its mail goes."""

from dataclasses import dataclass
from typing import Final

from mssmail.core.address import Address

MAX_ENDS: Final = 1_000
"""Boxes and addresses that one address may lead to; a list has members instead."""


@dataclass(frozen=True, slots=True)
class Station:
    """An address of ours: the box that takes its mail, where its mail goes on to, or both.

    ``address`` is the address as it is kept; ``keeps`` says that the box gets a copy of what goes on.
    """

    address: Address
    account_id: int | None = None
    has_quota: bool = False
    targets: tuple[Address, ...] = ()
    keeps: bool = True
    list_id: int | None = None  # of a list: its members are not ends, each message to it is
