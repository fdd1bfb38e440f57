"""Whose mail goes on to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from mssmail.core.address import Address, parse_address
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.store.accounts import find_account
from mssmail.store.schema import accounts, forwards

MAX_TARGETS: Final = 20


@dataclass(frozen=True, slots=True)
class Forward:
    """The account's mail goes on to these; with ``keeps`` its own box gets it as well."""

    account: Address
    targets: tuple[Address, ...]
    keeps: bool


def set_forward(conn: Connection, address: Address, targets: Sequence[Address], now: datetime, *, keeps: bool) -> None:
    """Send the account's mail on, instead of what was said before; raises NoSuchAccount, BadAccount."""
    account = find_account(conn, address)
    if account is None:
        raise NoSuchAccount(f"no account {address}", address=str(address))
    unique = {target.key: target for target in targets}
    if address.key in unique:
        raise BadAccount("an account's mail cannot go on to itself: leave out --no-copy", address=str(address))
    if not 0 < len(unique) <= MAX_TARGETS:
        raise BadAccount(f"mail goes on to 1 to {MAX_TARGETS} addresses; make a list for more", address=str(address))
    conn.execute(delete(forwards).where(forwards.c.account_id == account.id))
    text = " ".join(str(target) for target in unique.values())
    if any(" " in str(target) for target in unique.values()):
        raise BadAccount("an address with a blank in it cannot be sent on to", address=str(address))
    conn.execute(insert(forwards).values(account_id=account.id, targets=text, keeps=keeps, created_at=now))


def clear_forward(conn: Connection, address: Address) -> bool:
    """Send the account's mail on no longer; False when it was not."""
    mine = select(accounts.c.id).where(accounts.c.address_key == address.key).scalar_subquery()
    return conn.execute(delete(forwards).where(forwards.c.account_id == mine)).rowcount > 0


def find_forward(conn: Connection, address: Address) -> Forward | None:
    """Where the account's mail goes on to."""
    return next(iter(_load(conn, address)), None)


def list_forwards(conn: Connection) -> Sequence[Forward]:
    """All of them, by address."""
    return _load(conn, None)


def read_targets(text: str) -> tuple[Address, ...]:
    """The addresses as the table keeps them."""
    return tuple(map(parse_address, text.split(" ")))


def _load(conn: Connection, address: Address | None) -> list[Forward]:
    wanted = (
        select(accounts.c.local, accounts.c.domain, forwards.c.targets, forwards.c.keeps)
        .join(accounts, accounts.c.id == forwards.c.account_id)
        .order_by(accounts.c.domain, accounts.c.address_key)
    )
    if address is not None:
        wanted = wanted.where(accounts.c.address_key == address.key)
    return [
        Forward(Address(local, domain), read_targets(targets), keeps)
        for local, domain, targets, keeps in conn.execute(wanted)
    ]
