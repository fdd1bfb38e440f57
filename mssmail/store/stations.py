"""What an address of ours is: an account, an alias, a list, or one of them with a detail behind a separator."""

from sqlalchemy import Connection, bindparam, select

from mssmail.core.address import Address
from mssmail.core.station import Station
from mssmail.store.aliases import find_alias
from mssmail.store.forwards import read_targets
from mssmail.store.lists import find_list
from mssmail.store.prepared import Prepared
from mssmail.store.schema import accounts, forwards

# For each delivery, so in haste: who takes mail at an address, and whether it stays there.
_PLACE = Prepared(
    select(
        accounts.c.id,
        accounts.c.quota_bytes.is_not(None),
        accounts.c.local,
        accounts.c.domain,
        forwards.c.targets,
        forwards.c.keeps,
    )
    .join(forwards, forwards.c.account_id == accounts.c.id, isouter=True)
    .where(accounts.c.address_key == bindparam("of_key"), accounts.c.suspended.is_(False))
)


def find_station(conn: Connection, address: Address, separator: str) -> Station | None:
    """The station of the very address, else of the address without its detail; None when nobody takes its mail.

    ``separator`` divides local part and detail (RFC 5233 §1); empty: there are no details here.
    """
    found = _find_exactly(conn, address)
    if found is None and (plain := strip_detail(address, separator)) is not None:
        return _find_exactly(conn, plain)
    return found


def strip_detail(address: Address, separator: str) -> Address | None:
    """The address without its detail; None when it has none."""
    local, found, _detail = address.local.partition(separator) if separator else (address.local, "", "")
    return Address(local, address.domain) if found and local else None


def _find_exactly(conn: Connection, address: Address) -> Station | None:
    row = _PLACE.fetch(conn, {"of_key": address.key})
    if row is not None:
        id, has_quota, local, domain, targets, keeps = row
        own = Address(local, domain)
        if targets is None:
            return Station(own, id, bool(has_quota))
        return Station(own, id, bool(has_quota), read_targets(targets), bool(keeps))
    alias = find_alias(conn, address)
    if alias is not None:
        return Station(alias.address, targets=alias.targets)
    found = find_list(conn, address)
    return None if found is None else Station(found.address, list_id=found.id)
