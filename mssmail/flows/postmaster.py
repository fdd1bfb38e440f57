"""``postmaster@`` each of our domains is always taken (RFC 5321 §4.5.1)."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime

from mssmail.core.account import AccountKind
from mssmail.core.address import Address
from mssmail.journal import Entry, Event
from mssmail.store.accounts import NewAccount, create_account, find_account
from mssmail.store.aliases import find_alias
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries

_log = logging.getLogger(__name__)


async def ensure_postmasters(store: Store, domains: Iterable[str], now: datetime) -> tuple[Address, ...]:
    """Make an account of that name in every domain that has neither account nor alias; those that were made.

    Nobody can sign in to it until it is given a password; whoever reads that mail elsewhere makes an alias or a forward
    of it. So the mail is kept in any case, and lands in nobody's box who does not expect it.
    """
    wanted = [Address("postmaster", domain) for domain in domains]
    made = await asyncio.wrap_future(store.submit(lambda conn: _make(conn, wanted, now)))
    for address in made:
        _log.warning("%s did not exist and was made; read it, or lead it on with an alias or a forward", address)
    return made


def _make(conn: Connection, wanted: Iterable[Address], now: datetime) -> tuple[Address, ...]:
    missing = [
        address for address in wanted if find_account(conn, address) is None and find_alias(conn, address) is None
    ]
    for address in missing:
        create_account(conn, NewAccount(address, now, AccountKind.ORG, "Postmaster"))
        facts = {"act": "account add", "address": str(address), "by": "the server, which must take its mail"}
        append_entries(conn, (Entry(now, Event.ADMIN, "", facts),))
    return tuple(missing)
