"""Aliases: addresses of ours that lead to accounts here and to members of the trust space elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from mssmail.core.address import Address, parse_address
from mssmail.core.station import MAX_ENDS
from mssmail.errors import AccountExists, BadAccount, NoSuchAccount
from mssmail.store.schema import accounts, alias_targets, aliases, lists

_TARGETS = (
    select(alias_targets.c.target)
    .where(alias_targets.c.address_key == bindparam("of_key"))
    .order_by(alias_targets.c.target_key)
)
_BY_KEY = select(aliases.c.local, aliases.c.domain).where(aliases.c.address_key == bindparam("of_key"))


@dataclass(frozen=True, slots=True)
class Alias:
    """An address and where it leads, by address."""

    address: Address
    targets: tuple[Address, ...]


def find_alias(conn: Connection, address: Address) -> Alias | None:
    """The alias of this very address."""
    row = conn.execute(_BY_KEY, {"of_key": address.key}).first()
    if row is None:
        return None
    targets = conn.execute(_TARGETS, {"of_key": address.key}).scalars()
    return Alias(Address(row.local, row.domain), tuple(map(parse_address, targets)))


def list_aliases(conn: Connection, *, domain: str | None = None, target: Address | None = None) -> Sequence[Alias]:
    """All aliases, those of one domain, or those that lead straight to one address; by domain and address."""
    wanted = select(aliases.c.local, aliases.c.domain).order_by(aliases.c.domain, aliases.c.address_key)
    if domain is not None:
        wanted = wanted.where(aliases.c.domain == domain)
    if target is not None:
        wanted = wanted.join(alias_targets, alias_targets.c.address_key == aliases.c.address_key).where(
            alias_targets.c.target_key == target.key
        )
    found = [Address(local, domain) for local, domain in conn.execute(wanted)]
    return [alias for alias in (find_alias(conn, address) for address in found) if alias is not None]


def add_targets(conn: Connection, address: Address, targets: Sequence[Address], now: datetime) -> Alias:
    """Let the address lead to these as well; an alias that is not there is made.

    Raises AccountExists when the address is an account's, BadAccount when it would lead to itself or to too many.
    """
    if conn.execute(select(accounts.c.id).where(accounts.c.address_key == address.key)).first() is not None:
        raise AccountExists(f"{address} is an account; mssmail account forward sends its mail on", address=str(address))
    if conn.execute(select(lists.c.id).where(lists.c.address_key == address.key)).first() is not None:
        raise AccountExists(f"{address} is a list", address=str(address))
    alias = find_alias(conn, address)
    if alias is None:
        values = {"address_key": address.key, "local": address.local, "domain": address.domain, "created_at": now}
        conn.execute(insert(aliases).values(values))
    known = {target.key for target in alias.targets} if alias else set()
    new = {target.key: target for target in targets if target.key not in known}
    if len(known) + len(new) > MAX_ENDS:
        raise _refuse_crowd(address)
    if new:
        rows = [{"address_key": address.key, "target_key": key, "target": str(target)} for key, target in new.items()]
        conn.execute(insert(alias_targets), rows)
    _refuse_circle(conn, address)
    return Alias(address, (*(alias.targets if alias else ()), *new.values()))


def remove_alias(conn: Connection, address: Address, targets: Sequence[Address] = ()) -> None:
    """Remove the alias, or only these of its targets (with the last one it goes). Raises NoSuchAccount."""
    alias = find_alias(conn, address)
    if alias is None:
        raise NoSuchAccount(f"no alias {address}", address=str(address))
    known, gone = {target.key for target in alias.targets}, {target.key for target in targets}
    if gone - known:
        raise NoSuchAccount(f"{address} does not lead to {', '.join(sorted(gone - known))}", address=str(address))
    is_mine = alias_targets.c.address_key == address.key
    if gone and known - gone:
        conn.execute(delete(alias_targets).where(is_mine, alias_targets.c.target_key.in_(sorted(gone))))
        return
    conn.execute(delete(alias_targets).where(is_mine))
    conn.execute(delete(aliases).where(aliases.c.address_key == address.key))


def _refuse_crowd(address: Address) -> BadAccount:
    return BadAccount(f"an alias leads to at most {MAX_ENDS} addresses; make a list of them", address=str(address))


def _refuse_circle(conn: Connection, address: Address) -> None:
    """Follow aliases from this one: it must not come back to itself, nor lead to too many."""
    waiting, seen = [address.key], set[str]()
    while waiting:
        key = waiting.pop()
        targets = list(
            conn.execute(select(alias_targets.c.target_key).where(alias_targets.c.address_key == key)).scalars()
        )
        if address.key in targets:
            raise BadAccount(f"{address} would lead to itself", address=str(address))
        waiting += [target for target in targets if target not in seen]
        seen.update(targets)
        if len(seen) > MAX_ENDS:
            raise _refuse_crowd(address)
