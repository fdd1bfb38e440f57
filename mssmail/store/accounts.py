"""Accounts: who has a box here. What an administrator does to them is for the caller to journal."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from mssmail.core.account import Account, AccountKind
from mssmail.core.address import Address
from mssmail.core.mailbox import Quota
from mssmail.errors import AccountExists, NoSuchAccount
from mssmail.store.mailboxes import build_first_mailboxes
from mssmail.store.removals import remove_mailbox
from mssmail.store.schema import (
    accounts,
    aliases,
    answered,
    answers,
    delegations,
    forwards,
    lists,
    mailbox_annotations,
    mailboxes,
    subscriptions,
)

# The statements of every RCPT and sign-in stand ready: building one costs more than running it.
_BY_KEY = select(accounts).where(accounts.c.address_key == bindparam("of_key"))
_HASH_BY_KEY = select(accounts.c.password_hash).where(accounts.c.address_key == bindparam("of_key"))
_QUOTA = select(accounts.c.quota_bytes).where(accounts.c.id == bindparam("of_id"))
_USAGE = select(func.coalesce(func.sum(mailboxes.c.messages), 0), func.coalesce(func.sum(mailboxes.c.size), 0)).where(
    mailboxes.c.account_id == bindparam("of_id")
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made. ``password_hash`` as ``store.passwords`` makes it; empty: nobody can sign in yet."""

    address: Address
    created_at: datetime
    kind: AccountKind = AccountKind.PER
    display_name: str = ""
    owner: tuple[tuple[str, str], ...] = ()
    red_list: bool = False
    password_hash: str = ""
    quota_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account holds."""

    messages: int
    octets: int


def create_account(conn: Connection, new: NewAccount) -> Account:
    """A new account with its first mailboxes; raises AccountExists."""
    if find_account(conn, new.address) is not None:
        raise AccountExists("the address is taken", address=str(new.address))
    for table, kind in ((aliases, "an alias"), (lists, "a list")):
        if conn.execute(select(table.c.address_key).where(table.c.address_key == new.address.key)).first() is not None:
            raise AccountExists(f"the address is {kind}", address=str(new.address))
    made = insert(accounts).values(
        address_key=new.address.key,
        local=new.address.local,
        domain=new.address.domain,
        kind=new.kind.value,
        display_name=new.display_name,
        owner=json.dumps(new.owner, ensure_ascii=False),
        red_list=new.red_list,
        suspended=False,
        created_at=new.created_at,
        quota_bytes=new.quota_bytes,
        password_hash=new.password_hash,
    )
    account_id = conn.execute(made.returning(accounts.c.id)).scalar_one()
    build_first_mailboxes(conn, account_id, new.created_at)
    return load_account(conn, account_id)


def find_account(conn: Connection, address: Address) -> Account | None:
    """The account of this address, suspended or not."""
    row = conn.execute(_BY_KEY, {"of_key": address.key}).first()
    return None if row is None else _build(row)


def load_account(conn: Connection, account_id: int) -> Account:
    """The account of this id; raises NoSuchAccount."""
    row = conn.execute(select(accounts).where(accounts.c.id == account_id)).first()
    if row is None:
        raise NoSuchAccount("the account has gone", account_id=account_id)
    return _build(row)


def list_accounts(conn: Connection, domain: str | None = None) -> Sequence[Account]:
    """All accounts, or those of one domain, by domain and address."""
    wanted = select(accounts).order_by(accounts.c.domain, accounts.c.address_key)
    if domain is not None:
        wanted = wanted.where(accounts.c.domain == domain)
    return [_build(row) for row in conn.execute(wanted)]


def find_password_hash(conn: Connection, address: Address) -> str | None:
    """The stored hash; None when there is no such account, empty when it has no password."""
    return conn.execute(_HASH_BY_KEY, {"of_key": address.key}).scalar()


def set_password_hash(conn: Connection, address: Address, password_hash: str) -> None:
    """Replace the hash; raises NoSuchAccount."""
    _change(conn, address, password_hash=password_hash)


def suspend(conn: Connection, address: Address, *, suspended: bool = True) -> None:
    """Suspend the account, or let it in again; raises NoSuchAccount."""
    _change(conn, address, suspended=suspended)


def set_quota(conn: Connection, address: Address, quota_bytes: int | None) -> None:
    """Change the quota, None for none; raises NoSuchAccount."""
    _change(conn, address, quota_bytes=quota_bytes)


def set_profile(
    conn: Connection, address: Address, *, display_name: str | None = None, red_list: bool | None = None
) -> None:
    """Change what others may read of the account, None leaves it; raises NoSuchAccount."""
    given = {"display_name": display_name, "red_list": red_list}
    _change(conn, address, **{name: value for name, value in given.items() if value is not None})


def find_usage(conn: Connection, account_id: int) -> Usage:
    """What the account holds now."""
    messages, octets = conn.execute(_USAGE, {"of_id": account_id}).one()
    return Usage(messages, octets)


def find_quota(conn: Connection, account_id: int) -> Quota:
    """What the account holds and may hold."""
    return Quota(find_usage(conn, account_id).octets, conn.execute(_QUOTA, {"of_id": account_id}).scalar())


def has_room(conn: Connection, account_id: int, octets: int) -> bool:
    """So many octets more stay within the account's quota."""
    quota = conn.execute(_QUOTA, {"of_id": account_id}).scalar()
    return quota is None or find_usage(conn, account_id).octets + octets <= quota


def remove(conn: Connection, address: Address) -> None:
    """Remove the account with its mailboxes and all messages only it held; raises NoSuchAccount."""
    account = find_account(conn, address)
    if account is None:
        raise NoSuchAccount("nobody has this address here", address=str(address))
    held = select(mailboxes.c.id).where(mailboxes.c.account_id == account.id)
    for mailbox_id in list(conn.execute(held).scalars()):
        remove_mailbox(conn, mailbox_id)
    conn.execute(delete(subscriptions).where(subscriptions.c.account_id == account.id))
    for side in (delegations.c.grantor_id, delegations.c.grantee_id):
        conn.execute(delete(delegations).where(side == account.id))
    conn.execute(delete(mailbox_annotations).where(mailbox_annotations.c.reader_id == account.id))  # in others' boxes
    for table in (forwards, answers, answered):
        conn.execute(delete(table).where(table.c.account_id == account.id))
    conn.execute(delete(accounts).where(accounts.c.id == account.id))


def _change(conn: Connection, address: Address, **values: object) -> None:
    changed = conn.execute(update(accounts).where(accounts.c.address_key == address.key).values(**values))
    if changed.rowcount == 0:
        raise NoSuchAccount("nobody has this address here", address=str(address))


def _build(row: Row[*tuple[Any, ...]]) -> Account:
    return Account(
        id=row.id,
        address=Address(row.local, row.domain),
        kind=AccountKind(row.kind),
        display_name=row.display_name,
        owner=tuple((scheme, identifier) for scheme, identifier in json.loads(row.owner)),
        red_list=row.red_list,
        suspended=row.suspended,
        created_at=row.created_at,
        quota_bytes=row.quota_bytes,
    )
