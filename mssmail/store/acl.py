"""Lists of rights as IMAP asks and sets them (RFC 4314): on one mailbox, beside what holds for the whole box."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from mssmail.core.account import Account
from mssmail.core.address import Address, parse_address
from mssmail.core.rights import LETTERS, SEND_AS, join_rights
from mssmail.errors import BadAccount, BadSyntax, NoSuchAccount, ReadOnly
from mssmail.store import mailboxes as tree
from mssmail.store.accounts import find_account
from mssmail.store.delegations import find_rights, list_delegations
from mssmail.store.places import Place, find_place
from mssmail.store.schema import accounts, delegations


def list_acl(conn: Connection, account: Account, name: str) -> Sequence[tuple[Address, str]]:
    """Who has which rights on the mailbox, its owner first; needs the right ``a``. Raises NoSuchMailbox, ReadOnly."""
    place, owner = _find_administered(conn, account, name)
    grantees = dict.fromkeys(each.grantee for each in list_delegations(conn, grantor=owner))
    found = [(address, find_rights(conn, place.owner_id, _find_id(conn, address), place.name)) for address in grantees]
    return [(owner, LETTERS), *((address, rights) for address, rights in found if rights.replace(SEND_AS, ""))]


def is_owner(conn: Connection, account: Account, name: str, identifier: str) -> bool:
    """Whether the identifier names the mailbox's owner, whose rights are fixed; needs the right ``a``."""
    _, owner = _find_administered(conn, account, name)
    return _parse(identifier).key == owner.key


def set_rights(
    conn: Connection, account: Account, name: str, identifier: str, action: str, letters: str, now: datetime
) -> str:
    """Add (``+``), take (``-``) or set (empty) rights of one account; what it has then. Needs the right ``a``.

    Raises NoSuchMailbox, ReadOnly (the owner's rights are fixed), NoSuchAccount, BadAccount (no such identifier).
    """
    place, owner = _find_administered(conn, account, name)
    address = _parse(identifier)
    if address.key == owner.key:
        raise ReadOnly("an owner has every right")
    grantee_id = _find_id(conn, address)
    before = find_rights(conn, place.owner_id, grantee_id, place.name).replace(SEND_AS, "")
    after = {"+": set(before) | set(letters), "-": set(before) - set(letters)}.get(action, set(letters))
    rights = join_rights("".join(after)) if after else ""
    _replace(conn, place, grantee_id, rights, now)
    return rights


def _replace(conn: Connection, place: Place, grantee_id: int, rights: str, now: datetime) -> None:
    """The mailbox's own entry; an empty one shuts out somebody who has rights on the whole box."""
    on_box = (delegations.c.grantor_id == place.owner_id, delegations.c.grantee_id == grantee_id)
    conn.execute(delete(delegations).where(*on_box, delegations.c.mailbox == place.name))
    if not rights and not find_rights(conn, place.owner_id, grantee_id, "").replace(SEND_AS, ""):
        return
    values = {"grantor_id": place.owner_id, "grantee_id": grantee_id, "mailbox": place.name}
    conn.execute(insert(delegations).values(**values, rights=rights, created_at=now))


def _find_administered(conn: Connection, account: Account, name: str) -> tuple[Place, Address]:
    place = find_place(conn, account, name)
    info = tree.find_mailbox(conn, place.owner_id, place.name)
    place.require("a")
    row = conn.execute(select(accounts.c.local, accounts.c.domain).where(accounts.c.id == place.owner_id)).one()
    return Place(place.owner_id, info.name, place.rights, place.root), Address(row.local, row.domain)


def _parse(identifier: str) -> Address:
    """Identifiers are addresses: nobody here is ``anyone``, and nobody has negative rights (RFC 4314 §2)."""
    try:
        return parse_address(identifier)
    except BadSyntax as error:
        raise BadAccount("an identifier is an account's address") from error


def _find_id(conn: Connection, address: Address) -> int:
    found = find_account(conn, address)
    if found is None:
        raise NoSuchAccount("nobody has this address here", address=str(address))
    return found.id
