"""Whose mail is taken: the accounts that RCPT asks for, remembered for a moment.

Only accounts that exist, take mail and have no quota are remembered: what was just made, freed or let in again counts
at once. What was removed or suspended meanwhile the delivery's own transaction finds: it has the last word.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final, assert_never

from mssmail.core.account import Account
from mssmail.core.address import Address, ReversePath
from mssmail.core.decision import Refuse
from mssmail.core.lists import PostState
from mssmail.core.report import Action
from mssmail.core.return_path import Purpose, Token
from mssmail.flows.distribution import Distributor
from mssmail.policy.expansion import find_fate
from mssmail.policy.lists import judge_list_sender
from mssmail.store.accounts import find_account, has_room
from mssmail.store.delegations import list_identities
from mssmail.store.engine import Connection, Store
from mssmail.store.forwards import find_forward
from mssmail.store.list_posts import find_post
from mssmail.store.lists import NO_STANDING, find_standing, load_list
from mssmail.store.return_paths import find_return_path, find_token

REMEMBER_SECONDS: Final = 1.0
_MAX_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Way:
    """Whether an address leads on at all, and why this sender may not use it all the same."""

    leads_on: bool
    refusal: Refuse | None = None


class Boxes:
    """The accounts of one store."""

    def __init__(self, store: Store, distributor: Distributor, read_seconds: Callable[[], float] = monotonic) -> None:
        self._store, self._distributor = store, distributor
        self._read_seconds = read_seconds
        self._known: dict[str, tuple[float, Account]] = {}

    async def load_box(self, address: Address, octets: int) -> tuple[Account | None, bool]:
        """The account of this address as it is now, and whether so many octets would be too many for it."""
        return await asyncio.wrap_future(self._store.read(lambda conn: _find(conn, address, octets)))

    async def find_way(self, address: Address, reverse_path: ReversePath, now: datetime) -> Way:
        """Where an address that is no account of that name leads for this sender."""

        def ask(conn: Connection) -> Way:
            token = find_token(conn, address)
            if token is not None:
                return Way(_takes(conn, token, address, reverse_path, now))
            station = self._distributor.find_station(conn, address)
            if station is not None and station.list_id is not None:
                found, standing = load_list(conn, station.list_id), NO_STANDING
                if reverse_path is not None:
                    standing = find_standing(conn, found.id, reverse_path)
                refusal = judge_list_sender(found, reverse_path, standing.roles, is_member=standing.is_member)
                return Way(leads_on=True, refusal=refusal)
            return Way(bool(self._distributor.expand(conn, address).ends))

        return await asyncio.wrap_future(self._store.read(ask))

    async def find_fates(self, addresses: Sequence[Address]) -> dict[Address, Action]:
        """What is told of those of our addresses whose fate is settled here."""

        def ask(conn: Connection) -> dict[Address, Action]:
            found = ((address, find_fate(self._distributor.expand(conn, address).ends)) for address in addresses)
            return {address: fate for address, fate in found if fate is not None}

        return await asyncio.wrap_future(self._store.read(ask))

    async def load_identities(self, account: Account) -> tuple[Address, ...]:
        """The addresses beside its own in whose name the account may write now."""
        return await asyncio.wrap_future(self._store.read(lambda conn: list_identities(conn, account.id)))

    async def find_box(self, address: Address, octets: int) -> tuple[Account | None, bool]:
        """The same, perhaps as it was a moment ago."""
        key, now = address.key, self._read_seconds()
        known = self._known.get(key)
        if known is not None and now < known[0]:
            return known[1], False
        found, is_full = await self.load_box(address, octets)
        if found is not None and found.quota_bytes is None and not found.suspended:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            self._known[key] = (now + REMEMBER_SECONDS, found)
        return found, is_full


def _find(conn: Connection, address: Address, octets: int) -> tuple[Account | None, bool]:
    account = find_account(conn, address)
    if account is None or has_room(conn, account.id, octets):
        return account, False
    forward = find_forward(conn, address)
    return account, forward is None or forward.keeps


def _takes(conn: Connection, token: Token, address: Address, reverse_path: ReversePath, now: datetime) -> bool:
    """An address of our own making takes what it was made for, while somebody waits for it."""
    match token.purpose:
        case Purpose.FORWARD:
            return reverse_path is None and find_return_path(conn, address, now) is not None
        case Purpose.LIST:
            return reverse_path is None and find_post(conn, token.row_id) is not None
        case Purpose.MODERATION:
            post = find_post(conn, token.row_id)
            is_held = post is not None and post.state is PostState.HELD
            return reverse_path is not None and is_held
        case _:
            assert_never(token.purpose)
