"""Distribution lists: making them, who may do what, and who is on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import MailList, Posting, Role
from mssmail.errors import AccountExists, NoSuchAccount
from mssmail.store.schema import accounts, aliases, list_members, list_posts, list_roles, lists

PAGE: Final = 500

_BY_KEY = select(lists).where(lists.c.address_key == bindparam("of_key"))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on a list. ``stopped_at``: gets nothing since."""

    address: Address
    bounces: int
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an address is to a list."""

    roles: frozenset[Role]
    is_member: bool


NO_STANDING: Final = Standing(frozenset(), is_member=False)


def create_list(conn: Connection, new: MailList) -> MailList:
    """A new list; ``new.id`` is ignored. Raises AccountExists."""
    for table in (accounts, aliases, lists):
        key = table.c.address_key
        if conn.execute(select(key).where(key == new.address.key)).first() is not None:
            raise AccountExists("the address is taken", address=str(new.address))
    address = {"address_key": new.address.key, "local": new.address.local, "domain": new.address.domain}
    values = {**address, **_encode(new), "created_at": new.created_at}
    conn.execute(insert(lists).values(values))
    return require_list(conn, new.address)


def change_list(conn: Connection, changed: MailList) -> None:
    """Write name, owner and rules anew."""
    conn.execute(update(lists).where(lists.c.id == changed.id).values(_encode(changed)))


def delete_list(conn: Connection, address: Address) -> list[int]:
    """Remove the list with all its reports; the messages it held, which nothing may need any more.

    Raises NoSuchAccount.
    """
    found = require_list(conn, address)
    held = select(list_posts.c.message_id).where(list_posts.c.list_id == found.id, list_posts.c.message_id.is_not(None))
    messages = list(conn.execute(held).scalars())
    conn.execute(delete(lists).where(lists.c.id == found.id))
    return messages


def find_list(conn: Connection, address: Address) -> MailList | None:
    """The list of this very address."""
    row = conn.execute(_BY_KEY, {"of_key": address.key}).first()
    return None if row is None else _build(row)


def require_list(conn: Connection, address: Address) -> MailList:
    """The same; raises NoSuchAccount."""
    found = find_list(conn, address)
    if found is None:
        raise NoSuchAccount(f"no list {address}", address=str(address))
    return found


def load_list(conn: Connection, list_id: int) -> MailList:
    """The list of this id; raises NoSuchAccount."""
    row = conn.execute(select(lists).where(lists.c.id == list_id)).first()
    if row is None:
        raise NoSuchAccount("the list has gone", list_id=list_id)
    return _build(row)


def list_lists(conn: Connection) -> Sequence[tuple[MailList, int]]:
    """All lists and how many are on each, by domain and address."""
    count = (
        select(func.count())
        .select_from(list_members)
        .where(list_members.c.list_id == lists.c.id)
        .correlate(lists)
        .scalar_subquery()
    )
    rows = conn.execute(select(lists, count.label("number")).order_by(lists.c.domain, lists.c.address_key))
    return [(_build(row), row.number) for row in rows]


def set_role(conn: Connection, list_id: int, role: Role, address: Address, *, granted: bool) -> bool:
    """Give or take a role; False when that changes nothing."""
    mine = (list_roles.c.list_id == list_id) & (list_roles.c.role == role.value)
    mine &= list_roles.c.address_key == address.key
    has = conn.execute(select(list_roles.c.role).where(mine)).first() is not None
    if has == granted:
        return False
    if granted:
        values = {"list_id": list_id, "role": role.value, "address_key": address.key, "address": str(address)}
        conn.execute(insert(list_roles).values(values))
    else:
        conn.execute(delete(list_roles).where(mine))
    return True


def list_roles_of(conn: Connection, list_id: int) -> Sequence[tuple[Role, Address]]:
    """Who has which role, by role and address."""
    wanted = select(list_roles).where(list_roles.c.list_id == list_id)
    rows = conn.execute(wanted.order_by(list_roles.c.role, list_roles.c.address_key))
    return [(Role(row.role), parse_address(row.address)) for row in rows]


def find_standing(conn: Connection, list_id: int, address: Address) -> Standing:
    """What this address is to the list."""
    roles = select(list_roles.c.role).where(list_roles.c.list_id == list_id, list_roles.c.address_key == address.key)
    member = select(list_members.c.address_key).where(
        list_members.c.list_id == list_id, list_members.c.address_key == address.key
    )
    found = frozenset(Role(role) for role in conn.execute(roles).scalars())
    return Standing(found, conn.execute(member).first() is not None)


def add_members(conn: Connection, list_id: int, addresses: Iterable[Address], now: datetime) -> int:
    """Put these on the list; how many were not on it before. For tens of thousands call it page by page."""
    rows = [
        {
            "list_id": list_id,
            "address_key": each.key,
            "address": str(each),
            "bounces": 0,
            "stopped_at": None,
            "added_at": now,
        }
        for each in addresses
    ]
    if not rows:
        return 0
    before = count_members(conn, list_id)
    conn.execute(upsert(list_members).on_conflict_do_nothing(), rows)
    return count_members(conn, list_id) - before


def remove_members(conn: Connection, list_id: int, addresses: Iterable[Address]) -> int:
    """Take these off the list; how many were on it."""
    keys = sorted({each.key for each in addresses})
    gone = 0
    for start in range(0, len(keys), PAGE):
        mine = list_members.c.address_key.in_(keys[start : start + PAGE])
        gone += conn.execute(delete(list_members).where(list_members.c.list_id == list_id, mine)).rowcount
    return gone


def count_members(conn: Connection, list_id: int) -> int:
    """How many are on the list."""
    return int(
        conn.execute(
            select(func.count()).select_from(list_members).where(list_members.c.list_id == list_id)
        ).scalar_one()
    )


def page_members(conn: Connection, list_id: int, after_key: str = "", limit: int = PAGE) -> Sequence[Member]:
    """Members by address; page on with the last one's key."""
    wanted = (
        select(list_members)
        .where(list_members.c.list_id == list_id, list_members.c.address_key > after_key)
        .order_by(list_members.c.address_key)
        .limit(limit)
    )
    return [Member(parse_address(row.address), row.bounces, row.stopped_at) for row in conn.execute(wanted)]


def count_bounce(conn: Connection, list_id: int, address: Address, max_bounces: int, now: datetime) -> bool:
    """One more message to this member came back; True when it was one too many and the member gets no more."""
    mine = (list_members.c.list_id == list_id) & (list_members.c.address_key == address.key)
    counted = update(list_members).where(mine).values(bounces=list_members.c.bounces + 1)
    number = conn.execute(counted.returning(list_members.c.bounces)).scalar()
    if number is None or not max_bounces or number < max_bounces:
        return False
    stopped = update(list_members).where(mine, list_members.c.stopped_at.is_(None)).values(stopped_at=now)
    return conn.execute(stopped).rowcount > 0


def resume_member(conn: Connection, list_id: int, address: Address) -> bool:
    """Let a member get mail again, with nothing held against it; False when it is not on the list."""
    mine = (list_members.c.list_id == list_id) & (list_members.c.address_key == address.key)
    return conn.execute(update(list_members).where(mine).values(bounces=0, stopped_at=None)).rowcount > 0


def _encode(kept: MailList) -> dict[str, object]:
    return {
        "name": kept.name,
        "owner": str(kept.owner),
        "posting": kept.posting.value,
        "moderated": kept.moderated,
        "max_bounces": kept.max_bounces,
    }


def _build(row: Row[*tuple[Any, ...]]) -> MailList:
    return MailList(
        id=row.id,
        address=Address(row.local, row.domain),
        name=row.name,
        owner=parse_address(row.owner),
        posting=Posting(row.posting),
        moderated=row.moderated,
        max_bounces=row.max_bounces,
        created_at=row.created_at,
    )
