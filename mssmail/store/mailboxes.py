"""The tree of an account's mailboxes: names, counters, subscriptions. What lies in them is ``store.rows``'s matter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from mssmail.core.composition import normalise_text
from mssmail.core.mailbox import UID, MailboxInfo, ModSeq, UIDValidity, list_parents
from mssmail.errors import HasChildren, Impossible, MailboxExists, MailboxGone, NoSuchMailbox, TooMany
from mssmail.store.schema import counters, mailbox_annotations, mailbox_rows, mailboxes, subscriptions

INBOX = "INBOX"
FIRST_MAILBOXES = (
    (INBOX, ""),
    ("Sent", "\\Sent"),
    ("Drafts", "\\Drafts"),
    ("Trash", "\\Trash"),
    ("Junk", "\\Junk"),
    ("Archive", "\\Archive"),
)
MAX_NAME_LENGTH, MAX_LEVEL_LENGTH, MAX_LEVELS, MAX_MAILBOXES = 1_000, 255, 32, 10_000
_UNPRINTABLE = frozenset([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029])  # RFC 5198 §2 and RFC 9051 §5.1

IS_THERE = mailboxes.c.name >= " "
"""Not deleted: what is left of a deleted mailbox bears a name that nobody can give, until it is removed."""


def _build_select(*, counts: bool) -> Select[Any]:
    is_subscribed = (
        select(subscriptions.c.name)
        .where(subscriptions.c.account_id == mailboxes.c.account_id, subscriptions.c.name == mailboxes.c.name)
        .exists()
    )
    recent: ColumnElement[int] = literal(0)
    if counts:
        recent = (
            select(func.count())
            .where(mailbox_rows.c.mailbox_id == mailboxes.c.id, mailbox_rows.c.uid >= mailboxes.c.first_recent_uid)
            .scalar_subquery()
        )
    return select(mailboxes, is_subscribed.label("subscribed"), recent.label("recent")).where(IS_THERE)


# The statements stand ready: building one costs more than running it.
_OF_ACCOUNT = _build_select(counts=False).where(mailboxes.c.account_id == bindparam("of_account"))
_BY_NAME = {
    counts: _build_select(counts=counts).where(
        mailboxes.c.account_id == bindparam("of_account"), mailboxes.c.name == bindparam("of_name")
    )
    for counts in (False, True)
}
_BY_IDS = (
    _build_select(counts=False)
    .where(mailboxes.c.id.in_(bindparam("of_ids", expanding=True)))
    .order_by(mailboxes.c.account_id, mailboxes.c.name)
)
_BY_ID = {counts: _build_select(counts=counts).where(mailboxes.c.id == bindparam("of_id")) for counts in (False, True)}


def parse_name(name: str) -> str:
    """The name as it is kept: INBOX in capitals, no trailing separator. Raises Impossible for what can be none."""
    kept = normalise(name)
    levels = kept.split("/")
    if len(kept) > MAX_NAME_LENGTH or len(levels) > MAX_LEVELS or max(map(len, levels)) > MAX_LEVEL_LENGTH:
        raise Impossible("the mailbox name is too long")
    if not all(levels) or not _is_text(kept) or any(ord(c) in _UNPRINTABLE for c in kept):
        raise Impossible("the mailbox name has an empty level or an unprintable character")
    if kept.startswith("#") or any(c in "*%" for c in kept):
        raise Impossible("the mailbox name holds what LIST reads otherwise (RFC 9051 §5.1)")
    return kept


def normalise(name: str) -> str:
    """The name as it is looked up: composed (Net-Unicode, RFC 5198 §2), however it was typed; INBOX in capitals."""
    name = normalise_text("NFC", name.removesuffix("/"))
    first, slash, rest = name.partition("/")
    return INBOX + slash + rest if first.upper() == INBOX else name


def _is_text(name: str) -> bool:
    """No lone surrogate: the database takes none, so no mailbox can have one in its name."""
    return not any(0xD800 <= ord(c) < 0xE000 for c in name)


def build_first_mailboxes(conn: Connection, account_id: int, now: datetime) -> None:
    """What every account starts with, subscribed."""
    for name, special_use in FIRST_MAILBOXES:
        _insert(conn, account_id, name, special_use, now)
        subscribe(conn, account_id, name, subscribed=True)


def list_mailboxes(conn: Connection, account_id: int) -> Sequence[MailboxInfo]:
    """All mailboxes of the account, INBOX first, then by name."""
    rows = conn.execute(_OF_ACCOUNT, {"of_account": account_id})
    return sorted((build_info(row) for row in rows), key=lambda info: (info.name != INBOX, info.name))


def find_mailbox(conn: Connection, account_id: int, name: str, *, counts: bool = False) -> MailboxInfo:
    r"""The mailbox of this name; ``counts`` asks for \Recent, which is counted. Raises NoSuchMailbox."""
    kept = normalise(name)
    where = {"of_account": account_id, "of_name": kept}
    row = conn.execute(_BY_NAME[counts], where).first() if _is_text(kept) else None
    if row is None:
        raise NoSuchMailbox("there is no mailbox of this name", account_id=account_id)
    return build_info(row)


def has_mailbox(conn: Connection, account_id: int, name: str) -> bool:
    """There is a mailbox of this name, as it is kept."""
    wanted = select(mailboxes.c.id).where(mailboxes.c.account_id == account_id, mailboxes.c.name == name)
    return conn.execute(wanted).first() is not None


def find_nearest(conn: Connection, account_id: int, name: str) -> str:
    """The nearest mailbox above this name that is there; empty when there is none."""
    above = reversed(list_parents(normalise(name)))
    return next((parent for parent in above if has_mailbox(conn, account_id, parent)), "")


def load_mailbox(conn: Connection, mailbox_id: int, *, counts: bool = False) -> MailboxInfo:
    """The mailbox of this id; raises NoSuchMailbox when it has gone."""
    row = conn.execute(_BY_ID[counts], {"of_id": mailbox_id}).first()
    if row is None:
        raise MailboxGone("the mailbox has gone", mailbox_id=mailbox_id)
    return build_info(row)


def load_mailboxes(conn: Connection, mailbox_ids: Sequence[int]) -> Sequence[tuple[int, MailboxInfo]]:
    """Those of these (no more than fit one statement) that are there, each with the account whose it is."""
    rows = conn.execute(_BY_IDS, {"of_ids": mailbox_ids})
    return [(row.account_id, build_info(row)) for row in rows]


def create_mailbox(conn: Connection, account_id: int, name: str, special_use: str, now: datetime) -> MailboxInfo:
    """A new mailbox and the parents it lacks; raises MailboxExists, Impossible, TooMany."""
    kept = parse_name(name)
    if has_mailbox(conn, account_id, kept):
        raise MailboxExists("a mailbox of this name exists")
    _insert_parents(conn, account_id, kept, now)
    return load_mailbox(conn, _insert(conn, account_id, kept, special_use, now))


def delete_mailbox(conn: Connection, account_id: int, name: str) -> int:
    """Take it out of everybody's sight, and say which it was; raises NoSuchMailbox, Impossible for INBOX, HasChildren.

    One row changes, however much is in it: ``removals`` takes away what it held, in steps that nobody waits for.
    """
    info = find_mailbox(conn, account_id, name)
    if info.name == INBOX:
        raise Impossible("INBOX stays (RFC 9051 §6.3.5)")
    if conn.execute(select(mailboxes.c.id).where(_is_below(account_id, info.name)).limit(1)).first():
        raise HasChildren("the mailbox has children")
    conn.execute(delete(mailbox_annotations).where(mailbox_annotations.c.mailbox_id == info.id))
    nothing = {"messages": 0, "unseen": 0, "deleted": 0, "size": 0}  # its quota is free at once
    conn.execute(update(mailboxes).where(mailboxes.c.id == info.id).values(name=f"\1{info.id}", **nothing))
    return info.id


def rename_mailbox(conn: Connection, account_id: int, old: str, new: str, now: datetime) -> MailboxInfo:
    """Rename with its children, making parents; INBOX is the caller's special case. Raises as CREATE and DELETE do."""
    info = find_mailbox(conn, account_id, old)
    kept = parse_name(new)
    if has_mailbox(conn, account_id, kept):
        raise MailboxExists("a mailbox of this name exists")
    if info.name == INBOX or kept.startswith(info.name + "/"):
        raise Impossible("a mailbox cannot be renamed to this")
    below = select(mailboxes.c.id, mailboxes.c.name).where(_is_below(account_id, info.name))
    moves = [(info.id, kept), *((row.id, parse_name(kept + row.name[len(info.name) :])) for row in conn.execute(below))]
    if any(has_mailbox(conn, account_id, name) for _, name in moves):
        raise MailboxExists("a mailbox of this name exists")
    _insert_parents(conn, account_id, kept, now)
    for mailbox_id, name in moves:
        conn.execute(update(mailboxes).where(mailboxes.c.id == mailbox_id).values(name=name))
    return load_mailbox(conn, info.id)


def list_subscriptions(conn: Connection, account_id: int) -> Sequence[str]:
    """Subscribed names, also of mailboxes that are gone (RFC 9051 §6.3.7)."""
    wanted = select(subscriptions.c.name).where(subscriptions.c.account_id == account_id)
    return sorted(conn.execute(wanted).scalars(), key=lambda name: (name != INBOX, name))


def subscribe(conn: Connection, account_id: int, name: str, *, subscribed: bool) -> None:
    """Remember or forget a subscription; forgetting an unknown one is no fault."""
    kept = parse_name(name)
    known = list_subscriptions(conn, account_id)
    if subscribed and kept not in known:
        if len(known) >= MAX_MAILBOXES:
            raise TooMany("too many subscriptions")
        conn.execute(insert(subscriptions).values(account_id=account_id, name=kept))
    if not subscribed:
        conn.execute(
            delete(subscriptions).where(subscriptions.c.account_id == account_id, subscriptions.c.name == kept)
        )


def build_info(row: Row[*tuple[Any, ...]]) -> MailboxInfo:
    """The value of a row of ``_build_select``."""
    return MailboxInfo(
        id=row.id,
        name=row.name,
        uid_validity=UIDValidity(row.uid_validity),
        uid_next=UID(row.uid_next),
        highest_modseq=ModSeq(row.highest_modseq),
        special_use=row.special_use,
        subscribed=row.subscribed,
        messages=row.messages,
        unseen=row.unseen,
        recent=row.recent,
        size=row.size,
        deleted=row.deleted,
    )


def _is_below(account_id: int, name: str) -> ColumnElement[bool]:
    prefix = name + "/"
    return and_(mailboxes.c.account_id == account_id, func.substr(mailboxes.c.name, 1, len(prefix)) == prefix)


def _insert_parents(conn: Connection, account_id: int, name: str, now: datetime) -> None:
    for parent in list_parents(name):
        if not has_mailbox(conn, account_id, parent):
            _insert(conn, account_id, parent, "", now)


def _insert(conn: Connection, account_id: int, name: str, special_use: str, now: datetime) -> int:
    held = select(func.count()).select_from(mailboxes).where(mailboxes.c.account_id == account_id, IS_THERE)
    if conn.execute(held).scalar_one() >= MAX_MAILBOXES:
        raise TooMany("too many mailboxes")
    made = insert(mailboxes).values(
        account_id=account_id,
        name=name,
        special_use=special_use,
        uid_validity=_take_uid_validity(conn, now),
        uid_next=1,
        highest_modseq=1,
        first_recent_uid=1,
        messages=0,
        unseen=0,
        deleted=0,
        size=0,
        created_at=now,
    )
    return int(conn.execute(made.returning(mailboxes.c.id)).scalar_one())


def _take_uid_validity(conn: Connection, now: datetime) -> int:
    """A number no mailbox of this store ever had. It follows the time, so that a restored older copy gives others."""
    clock = int(now.timestamp())
    following = case((counters.c.value < clock, clock), else_=counters.c.value + 1)
    taken = conn.execute(
        update(counters).where(counters.c.name == "uid_validity").values(value=following).returning(counters.c.value)
    ).scalar()
    if taken is None:
        conn.execute(insert(counters).values(name="uid_validity", value=clock))
        return clock
    return int(taken)
