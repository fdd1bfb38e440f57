r"""Mailboxes by the names one account gives them: its own, and those of others that it may use.

The others' stand below ``Other Users/`` (RFC 2342 §5): ``Other Users/cardio@a.test`` is that box's INBOX, and
``Other Users/cardio@a.test/Sent`` its Sent. What somebody may not look up is not there at all (RFC 4314 §4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from mssmail.core.account import Account
from mssmail.core.address import Address
from mssmail.core.mailbox import OTHER_USERS, MailboxInfo, list_parents
from mssmail.core.rights import LETTERS, REACHING
from mssmail.errors import Impossible, MailboxGone, NoSuchMailbox, ReadOnly
from mssmail.store import mailboxes as tree
from mssmail.store.delegations import (
    copy_entries,
    find_rights,
    follow_mailbox,
    foresee_rights,
    forget_mailbox,
    inherit_entries,
    list_grantees,
    list_grants,
    load_entries,
    resolve_rights,
)
from mssmail.store.schema import accounts, mailboxes

_PREFIX = OTHER_USERS + "/"


@dataclass(frozen=True, slots=True)
class Place:
    """A name resolved: whose tree it is in, its name there, and what the account may do. ``root``: ours for theirs."""

    owner_id: int
    name: str
    rights: str
    root: str = ""

    @property
    def is_shared(self) -> bool:
        """It is somebody else's."""
        return bool(self.root)

    def require(self, letters: str) -> None:
        """Raise ReadOnly unless all these rights are there; NoSuchMailbox when it may not even be looked up."""
        if set(letters) <= set(self.rights):
            return
        if "l" not in self.rights:
            raise NoSuchMailbox("a mailbox that may not be looked up")
        raise ReadOnly("rights are missing", wanted=letters, rights=self.rights)


def find_place(conn: Connection, account: Account, name: str) -> Place:
    """Where the name leads, whether there is a mailbox or not; raises NoSuchMailbox for others' that are not shared."""
    if name != OTHER_USERS and not name.startswith(_PREFIX):
        return Place(account.id, name, LETTERS)
    who, _, rest = name.removeprefix(_PREFIX).partition("/")
    owner_id = _find_sharer(conn, account, who) if name.startswith(_PREFIX) else None
    if owner_id is None:
        raise NoSuchMailbox("nobody of this name shares anything")
    inner = tree.normalise(rest or tree.INBOX)
    return Place(owner_id, inner, find_rights(conn, owner_id, account.id, inner), _PREFIX + who)


def find_mailbox(conn: Connection, account: Account, name: str, needs: str, *, counts: bool = False) -> MailboxInfo:
    """The mailbox, under the name it has for this account; raises NoSuchMailbox, ReadOnly."""
    place, info = _find(conn, account, name, needs, counts=counts)
    return _show(place, info)


def find_target(conn: Connection, account: Account, name: str) -> tuple[int, MailboxInfo]:
    """The mailbox that messages shall be put into, with the right ``i``, and whose quota that takes from."""
    place, info = _find(conn, account, name, "i")
    return place.owner_id, _show(place, info)


def _find(
    conn: Connection, account: Account, name: str, needs: str, *, counts: bool = False
) -> tuple[Place, MailboxInfo]:
    """Look first, then ask for rights: what is hidden is answered like what is not there, whatever was wanted."""
    place = find_place(conn, account, name)
    info = tree.find_mailbox(conn, place.owner_id, place.name, counts=counts)
    place.require(needs)
    return place, info


def find_owner(conn: Connection, mailbox_id: int) -> int:
    """Whose the mailbox is; raises NoSuchMailbox when it has gone."""
    owner_id = conn.execute(select(mailboxes.c.account_id).where(mailboxes.c.id == mailbox_id, tree.IS_THERE)).scalar()
    if owner_id is None:
        raise MailboxGone("the mailbox has gone", mailbox_id=mailbox_id)
    return int(owner_id)


def find_audience(conn: Connection, account: Account, name: str) -> frozenset[int]:
    """The accounts that may see this name, whether there is a mailbox or not: its owner, and all who have rights."""
    try:
        owner_id = find_place(conn, account, name).owner_id
    except NoSuchMailbox:
        return frozenset()
    return list_grantees(conn, owner_id) | {owner_id}


def find_rights_by_id(conn: Connection, account: Account, mailbox_id: int) -> str:
    """What the account may do with this mailbox now; nothing when it has gone or its box is suspended."""
    wanted = (
        select(mailboxes.c.account_id, mailboxes.c.name, accounts.c.suspended)
        .join(accounts, accounts.c.id == mailboxes.c.account_id)
        .where(mailboxes.c.id == mailbox_id, tree.IS_THERE)
    )
    row = conn.execute(wanted).first()
    if row is None:
        return ""
    if row.account_id == account.id:
        return LETTERS
    return "" if row.suspended else find_rights(conn, row.account_id, account.id, row.name)


def list_mailboxes(conn: Connection, account: Account) -> Sequence[MailboxInfo]:
    """All that the account may look up: its own, INBOX first, then those of others."""
    found = list(tree.list_mailboxes(conn, account.id))
    sharers = dict.fromkeys((grant.grantor_id, grant.grantor) for grant in list_grants(conn, account.id))
    for owner_id, address in sharers:
        who = _write_address(address)
        if _find_sharer(conn, account, who) is None:
            continue
        entries = load_entries(conn, owner_id, account.id)
        for info in tree.list_mailboxes(conn, owner_id):
            place = Place(owner_id, info.name, resolve_rights(entries, info.name), _PREFIX + who)
            if "l" in place.rights:
                found.append(_show(place, info))
    return found


def load_readable(conn: Connection, account: Account, mailbox_ids: Sequence[int]) -> Sequence[MailboxInfo]:
    """Those of these mailboxes (no more than fit one statement) that are there and that the account may read now."""
    found: list[MailboxInfo] = []
    sharers: dict[int, tuple[dict[str, str], str] | None] = {}
    for owner_id, info in tree.load_mailboxes(conn, mailbox_ids):
        if owner_id == account.id:
            found.append(info)
            continue
        if owner_id not in sharers:
            sharers[owner_id] = _load_sharer(conn, account, owner_id)
        sharer = sharers[owner_id]
        if sharer is None:
            continue
        entries, root = sharer
        place = Place(owner_id, info.name, resolve_rights(entries, info.name), root)
        if {"l", "r"} <= set(place.rights):
            found.append(_show(place, info))
    return found


def _load_sharer(conn: Connection, account: Account, owner_id: int) -> tuple[dict[str, str], str] | None:
    """What an open box gives to the account, and where the account finds it."""
    wanted = select(accounts.c.local, accounts.c.domain).where(accounts.c.id == owner_id, ~accounts.c.suspended)
    row = conn.execute(wanted).first()
    if row is None:
        return None
    return load_entries(conn, owner_id, account.id), _PREFIX + _write_address(Address(row.local, row.domain))


def create_mailbox(conn: Connection, account: Account, name: str, special_use: str, now: datetime) -> MailboxInfo:
    """A new mailbox; in another's box with the right ``k`` on its parent, and for no special use.

    Raises as ``mailboxes.create_mailbox``.
    """
    place = _find_new_place(conn, account, name)
    if place.is_shared and special_use:
        raise ReadOnly("what another's mailboxes are for is for their owner to say")
    above = tree.find_nearest(conn, place.owner_id, place.name)
    made = tree.create_mailbox(conn, place.owner_id, place.name, special_use, now)
    if above:
        for each in list_levels_below(made.name, above):
            inherit_entries(conn, place.owner_id, each, above, now)
    return _show(place, made)


def create_for_inbox(conn: Connection, account: Account, name: str, now: datetime) -> MailboxInfo:
    """A new mailbox of one's own, for all that is in INBOX: open to the same people. Raises as ``create_mailbox``."""
    if find_place(conn, account, name).is_shared:
        raise ReadOnly("a mailbox stays in its box")
    made = create_mailbox(conn, account, name, "", now)
    copy_entries(conn, account.id, tree.INBOX, made.name)
    return made


def delete_mailbox(conn: Connection, account: Account, name: str) -> int:
    """Take it out of sight, with the right ``x``, and say which it was; rights that were given on it go too."""
    place, _ = _find(conn, account, name, "x")
    mailbox_id = tree.delete_mailbox(conn, place.owner_id, place.name)
    forget_mailbox(conn, place.owner_id, tree.normalise(place.name))
    return mailbox_id


def rename_mailbox(conn: Connection, account: Account, old: str, new: str, now: datetime) -> MailboxInfo:
    """Rename within one box, with ``x`` here and ``k`` there; the rights given on it follow it."""
    (source, _), target = _find(conn, account, old, "x"), _find_new_place(conn, account, new)
    if source.owner_id != target.owner_id:
        raise ReadOnly("a mailbox stays in its box")
    renamed = tree.rename_mailbox(conn, source.owner_id, source.name, target.name, now)
    follow_mailbox(conn, source.owner_id, tree.normalise(source.name), renamed.name)
    return _show(target, renamed)


def _find_new_place(conn: Connection, account: Account, name: str) -> Place:
    """Where a mailbox of this name would be made; raises ReadOnly, NoSuchMailbox.

    Also where the account could not look it up: nobody shall learn by trying which names are taken.
    """
    if name.removesuffix("/") == OTHER_USERS:
        raise Impossible("the name is that of others' boxes")
    place = find_place(conn, account, name)
    if place.is_shared:
        entries = load_entries(conn, place.owner_id, account.id)
        above = tree.find_nearest(conn, place.owner_id, place.name)  # empty: the whole box
        is_there = tree.has_mailbox(conn, place.owner_id, place.name)
        rights = place.rights if is_there else foresee_rights(entries, place.name, above)
        if "k" not in resolve_rights(entries, above) or "l" not in rights:
            raise ReadOnly("no mailbox of this name can be made", rights=rights)
        return replace(place, rights=rights)
    return place


def list_levels_below(name: str, above: str) -> list[str]:
    """``a/b/c`` below ``a`` → ``a/b``, ``a/b/c``."""
    return [*list_parents(name), name][above.count("/") + 1 :]


def _find_sharer(conn: Connection, account: Account, who: str) -> int | None:
    """The account of somebody whose box this account has rights on; suspended boxes are closed."""
    for grant in list_grants(conn, account.id):
        if _write_address(grant.grantor).lower() == who.lower() and REACHING & set(grant.rights):
            wanted = select(accounts.c.id).where(accounts.c.id == grant.grantor_id, accounts.c.suspended.is_(False))
            return conn.execute(wanted).scalar()
    return None


def _write_address(address: Address) -> str:
    """The address as one level of a name; a local part may hold the separator, but never a colon."""
    return str(address).replace("/", ":")


def _show(place: Place, info: MailboxInfo) -> MailboxInfo:
    """The mailbox as this account sees it. A client keeps its drafts in its own box: others' have no special use."""
    if not place.is_shared:
        return info
    name = place.root if info.name == tree.INBOX else f"{place.root}/{info.name}"
    return replace(info, name=name, rights=place.rights, is_shared=True, special_use="")
