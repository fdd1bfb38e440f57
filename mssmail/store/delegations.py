"""Who may act for whom: a box is used through personal sign-ins, never through a shared password.

``find_rights`` and ``list_grants`` are what IMAP asks for its "Other Users" (RFC 2342 §5) and its lists of rights
(RFC 4314); ``list_identities`` is what submission asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, literal, select, update

from mssmail.core.account import Account
from mssmail.core.address import Address
from mssmail.core.mailbox import list_parents
from mssmail.core.rights import SEND_AS, join_rights
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.store.accounts import find_account
from mssmail.store.schema import accounts, alias_targets, aliases, delegations

_grantor = accounts.alias("grantor")
_grantee = accounts.alias("grantee")


@dataclass(frozen=True, slots=True)
class Delegation:
    """``grantee`` has these rights on the box of ``grantor``; empty ``mailbox``: on all of it."""

    grantor: Address
    grantee: Address
    mailbox: str
    rights: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """A box somebody may see: its account, and the rights on the whole of it or on one mailbox."""

    grantor_id: int
    grantor: Address
    mailbox: str
    rights: str


def grant(conn: Connection, grantor: Address, grantee: Address, rights: str, now: datetime, mailbox: str = "") -> None:
    """Give rights, instead of those given before on the same; raises NoSuchAccount, BadAccount."""
    owner, other = _require(conn, grantor), _require(conn, grantee)
    if owner.id == other.id:
        raise BadAccount("an account has every right on its own box", account=str(grantor))
    _delete(conn, owner.id, other.id, mailbox)
    values = {
        "grantor_id": owner.id,
        "mailbox": mailbox,
        "grantee_id": other.id,
        "rights": join_rights(rights),
        "created_at": now,
    }
    conn.execute(insert(delegations).values(values))


def revoke(conn: Connection, grantor: Address, grantee: Address, mailbox: str | None = None) -> bool:
    """Take rights back, those on one mailbox or all; False when there were none. Raises NoSuchAccount."""
    return _delete(conn, _require(conn, grantor).id, _require(conn, grantee).id, mailbox) > 0


def list_delegations(
    conn: Connection, *, grantor: Address | None = None, grantee: Address | None = None
) -> Sequence[Delegation]:
    """All of them, or those of one box, or those of one account, by address."""
    wanted = (
        select(delegations, _grantor.c.local, _grantor.c.domain, _grantee.c.local, _grantee.c.domain)
        .join(_grantor, _grantor.c.id == delegations.c.grantor_id)
        .join(_grantee, _grantee.c.id == delegations.c.grantee_id)
        .order_by(_grantor.c.domain, _grantor.c.address_key, _grantee.c.address_key, delegations.c.mailbox)
    )
    if grantor is not None:
        wanted = wanted.where(_grantor.c.address_key == grantor.key)
    if grantee is not None:
        wanted = wanted.where(_grantee.c.address_key == grantee.key)
    return [
        Delegation(Address(row[-4], row[-3]), Address(row[-2], row[-1]), row.mailbox, row.rights, row.created_at)
        for row in conn.execute(wanted)
    ]


def load_entries(conn: Connection, grantor_id: int, grantee_id: int) -> dict[str, str]:
    """All rights of one account on another's box, by mailbox; those on the whole box under the empty name."""
    wanted = select(delegations.c.mailbox, delegations.c.rights).where(
        delegations.c.grantor_id == grantor_id, delegations.c.grantee_id == grantee_id
    )
    return {of_mailbox: rights for of_mailbox, rights in conn.execute(wanted)}


def find_rights(conn: Connection, grantor_id: int, grantee_id: int, mailbox: str) -> str:
    """The rights of one account on one mailbox of another: its own, else those on the whole box.

    Of the latter only those are left that the nearest mailbox above allows which has rights of its own: what lies
    below a mailbox that is closed is closed too.
    """
    return resolve_rights(load_entries(conn, grantor_id, grantee_id), mailbox)


def resolve_rights(entries: Mapping[str, str], mailbox: str) -> str:
    """What these entries give on one mailbox; see ``find_rights``."""
    if mailbox in entries:
        return entries[mailbox]
    whole = entries.get("", "")
    allowed = next((entries[name] for name in reversed(list_parents(mailbox)) if name in entries), whole)
    return "".join(letter for letter in whole if letter in allowed or letter == SEND_AS)


def list_grants(conn: Connection, grantee_id: int) -> Sequence[Grant]:
    """Every box and mailbox on which the account has rights, by address; those of suspended accounts included."""
    wanted = (
        select(
            delegations.c.grantor_id, accounts.c.local, accounts.c.domain, delegations.c.mailbox, delegations.c.rights
        )
        .join(accounts, accounts.c.id == delegations.c.grantor_id)
        .where(delegations.c.grantee_id == grantee_id)
        .order_by(accounts.c.address_key, delegations.c.mailbox)
    )
    return [Grant(id, Address(local, domain), box, rights) for id, local, domain, box, rights in conn.execute(wanted)]


def list_grantees(conn: Connection, grantor_id: int) -> frozenset[int]:
    """The accounts that have rights on this box or on one of its mailboxes."""
    wanted = select(delegations.c.grantee_id).where(delegations.c.grantor_id == grantor_id)
    return frozenset(conn.execute(wanted).scalars())


def list_identities(conn: Connection, account_id: int) -> tuple[Address, ...]:
    """The addresses, beside its own, in whose name the account may write now: boxes that let it, and its own aliases.

    An alias is an account's own when it leads to nobody else.
    """
    wanted = (
        select(accounts.c.local, accounts.c.domain, delegations.c.rights)
        .join(accounts, accounts.c.id == delegations.c.grantor_id)
        .where(delegations.c.grantee_id == account_id, delegations.c.mailbox == "", accounts.c.suspended.is_(False))
        .order_by(accounts.c.address_key)
    )
    boxes = [Address(local, domain) for local, domain, rights in conn.execute(wanted) if SEND_AS in rights]
    return (*boxes, *_list_own_aliases(conn, account_id))


def _list_own_aliases(conn: Connection, account_id: int) -> list[Address]:
    key = select(accounts.c.address_key).where(accounts.c.id == account_id).scalar_subquery()
    other = alias_targets.alias()
    leads_on = select(other.c.target_key).where(other.c.address_key == aliases.c.address_key, other.c.target_key != key)
    wanted = (
        select(aliases.c.local, aliases.c.domain)
        .join(alias_targets, alias_targets.c.address_key == aliases.c.address_key)
        .where(alias_targets.c.target_key == key, ~leads_on.exists())
        .order_by(aliases.c.address_key)
    )
    return [Address(local, domain) for local, domain in conn.execute(wanted)]


def follow_mailbox(conn: Connection, grantor_id: int, old: str, new: str) -> None:
    """A mailbox has another name now, and those below it: the rights given on them go with them."""
    wanted = select(delegations.c.id, delegations.c.mailbox).where(delegations.c.grantor_id == grantor_id)
    moves = {
        entry_id: new + name[len(old) :]
        for entry_id, name in conn.execute(wanted)
        if name == old or name.startswith(old + "/")
    }
    for name in {new, *moves.values()}:  # rights given on a name that was nobody's
        forget_mailbox(conn, grantor_id, name)
    for entry_id, name in moves.items():
        conn.execute(update(delegations).where(delegations.c.id == entry_id).values(mailbox=name))


def copy_entries(conn: Connection, grantor_id: int, old: str, new: str) -> None:
    """Give the rights given on one mailbox on another too, instead of those given there."""
    forget_mailbox(conn, grantor_id, new)
    taken = [delegations.c[name] for name in ("grantor_id", "grantee_id", "rights", "created_at")]
    wanted = select(*taken, literal(new)).where(delegations.c.grantor_id == grantor_id, delegations.c.mailbox == old)
    conn.execute(insert(delegations).from_select([*(column.name for column in taken), "mailbox"], wanted))


def foresee_rights(entries: Mapping[str, str], mailbox: str, above: str) -> str:
    """The rights on a mailbox that is made below ``above``: a new one is as open as that (RFC 4314 §4)."""
    rights = resolve_rights(entries, mailbox)
    if mailbox in entries or above not in entries:
        return rights
    return "".join(dict.fromkeys(rights + entries[above].replace(SEND_AS, "")))


def inherit_entries(conn: Connection, grantor_id: int, mailbox: str, above: str, now: datetime) -> None:
    """Give a new mailbox the entries by which it is as open as the one above it, where it would not be anyhow."""
    wanted = select(delegations.c.grantee_id).where(
        delegations.c.grantor_id == grantor_id, delegations.c.mailbox == above
    )
    for grantee_id in conn.execute(wanted).scalars().all():
        entries = load_entries(conn, grantor_id, grantee_id)
        rights = foresee_rights(entries, mailbox, above)
        if set(rights) > set(resolve_rights(entries, mailbox)):
            values = {"grantor_id": grantor_id, "grantee_id": grantee_id, "mailbox": mailbox}
            conn.execute(insert(delegations).values(**values, rights=join_rights(rights), created_at=now))


def forget_mailbox(conn: Connection, grantor_id: int, name: str) -> None:
    """A mailbox has gone, and with it the rights given on it."""
    conn.execute(delete(delegations).where(delegations.c.grantor_id == grantor_id, delegations.c.mailbox == name))


def _delete(conn: Connection, grantor_id: int, grantee_id: int, mailbox: str | None) -> int:
    gone = delete(delegations).where(delegations.c.grantor_id == grantor_id, delegations.c.grantee_id == grantee_id)
    if mailbox is not None:
        gone = gone.where(delegations.c.mailbox == mailbox)
    return conn.execute(gone).rowcount


def _require(conn: Connection, address: Address) -> Account:
    account = find_account(conn, address)
    if account is None:
        raise NoSuchAccount(f"no account {address}", address=str(address))
    return account
