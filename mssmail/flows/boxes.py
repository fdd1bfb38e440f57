"""Whose mail is taken: the accounts that RCPT asks for, remembered for a moment.

Only accounts that exist, take mail and have no quota are remembered: what was just made, freed or let in again counts
at once. What was removed or suspended meanwhile the delivery's own transaction finds: it has the last word.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from typing import Final

from mssmail.core.account import Account
from mssmail.core.address import Address, ReversePath
from mssmail.flows.distribution import Distributor
from mssmail.store.accounts import find_account, has_room
from mssmail.store.delegations import list_identities
from mssmail.store.engine import Connection, Store
from mssmail.store.forwards import find_forward
from mssmail.store.return_paths import find_return_path, find_token

REMEMBER_SECONDS: Final = 1.0
_MAX_REMEMBERED: Final = 4_096


class Boxes:
    """The accounts of one store."""

    def __init__(self, store: Store, distributor: Distributor, read_seconds: Callable[[], float] = monotonic) -> None:
        self._store, self._distributor = store, distributor
        self._read_seconds = read_seconds
        self._known: dict[str, tuple[float, Account]] = {}

    async def load_box(self, address: Address, octets: int) -> tuple[Account | None, bool]:
        """The account of this address as it is now, and whether so many octets would be too many for it."""
        return await asyncio.wrap_future(self._store.read(lambda conn: _find(conn, address, octets)))

    async def leads_on(self, address: Address, reverse_path: ReversePath, now: datetime) -> bool:
        """An address that is no account of that name: whether it leads to any, here or elsewhere, for this sender."""

        def ask(conn: Connection) -> bool:
            if find_token(conn, address) is not None:  # a reverse path of ours takes reports only
                return reverse_path is None and find_return_path(conn, address, now) is not None
            return bool(self._distributor.expand(conn, address).ends)

        return await asyncio.wrap_future(self._store.read(ask))

    async def list_final(self, addresses: Sequence[Address]) -> tuple[Address, ...]:
        """Those of our addresses whose mail goes into boxes here and nowhere else."""

        def ask(conn: Connection) -> tuple[Address, ...]:
            found = {address: self._distributor.expand(conn, address).ends for address in addresses}
            return tuple(address for address, ends in found.items() if ends and all(end.station for end in ends))

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
