"""Annotations by the names an account gives mailboxes (RFC 5464). Every change is one transaction, all of it or none.

A mailbox that may not be looked up is answered like one that is not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, literal, select, update

from mssmail.core.account import Account
from mssmail.core.annotation import (
    CHANGED_WITH,
    MAX_ENTRIES,
    MAX_HELD,
    MAX_VALUE,
    SEEN_WITH,
    SPECIAL_USE,
    Annotation,
    ChangedEntries,
)
from mssmail.core.mailbox import MailboxInfo
from mssmail.errors import AnnotationTooBig, ReadOnly, TooManyAnnotations
from mssmail.store import places
from mssmail.store.counters import Move, move_counters
from mssmail.store.mailboxes import INBOX
from mssmail.store.schema import mailbox_annotations, mailboxes, server_annotations

_SHARED = 0  # the reader of what all see

_of_mailbox, _of_server = mailbox_annotations.c, server_annotations.c


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where entries lie that are counted together: a table, and what all their rows share."""

    table: Table
    common: Mapping[str, int]

    @property
    def condition(self) -> ColumnElement[bool]:
        return and_(*(self.table.c[name] == value for name, value in self.common.items()))

    def put(self, conn: Connection, changes: Sequence[Annotation]) -> None:
        """Keep and remove entries; raises TooManyAnnotations when there are too many afterwards."""
        for change in changes:
            conn.execute(delete(self.table).where(self.condition, self.table.c.key == change.key))
            if change.value is not None:
                row = {**self.common, "key": change.key, "entry": change.entry, "value": change.value}
                conn.execute(insert(self.table).values(row))
        held = conn.execute(select(func.count()).select_from(self.table).where(self.condition)).scalar_one()
        if held > MAX_ENTRIES:
            raise TooManyAnnotations("too many entries")


def load_annotations(conn: Connection, account: Account, name: str) -> tuple[str, Sequence[Annotation]]:
    """The mailbox's name as it is told, and all that the account may see of it; the empty name is the server.

    Raises NoSuchMailbox, ReadOnly.
    """
    if not name:
        wanted = select(_of_server.entry, _of_server.value).where(_of_server.account_id == account.id)
        return "", [Annotation(entry, value) for entry, value in conn.execute(wanted.order_by(_of_server.key))]
    info = _find_mailbox(conn, account, name)
    is_visible = and_(_of_mailbox.mailbox_id == info.id, _of_mailbox.reader_id.in_((_SHARED, account.id)))
    wanted = select(_of_mailbox.entry, _of_mailbox.value).where(is_visible)
    found = [Annotation(entry, value) for entry, value in conn.execute(wanted.order_by(_of_mailbox.key))]
    if info.special_use:
        found.append(Annotation(SPECIAL_USE, info.special_use.encode("ascii")))
    return info.name, found


def change_annotations(
    conn: Connection, account: Account, name: str, changes: Sequence[Annotation]
) -> Sequence[ChangedEntries]:
    """Set entries, and remove those without a value; who may see what changed.

    What a special use may be is for the caller to know.

    Raises NoSuchMailbox, ReadOnly, AnnotationTooBig, TooManyAnnotations.
    """
    if any(len(change.value or b"") > MAX_VALUE for change in changes):
        raise AnnotationTooBig("the value of an entry is too long")
    if sum(len(change.value or b"") for change in changes) > MAX_HELD:  # before any of it is written
        raise TooManyAnnotations("more than an account may hold")
    info = _find_mailbox(conn, account, name) if name else None
    if info is None:
        _change_server(conn, account, changes)
    else:
        _change_mailbox(conn, account, info, changes)
        move_counters(conn, info.id, Move())  # RFC 7162 §3.2
    owner_id = account.id if info is None else places.find_owner(conn, info.id)
    has_grown = any(change.value is not None for change in changes)
    if has_grown and max(measure_annotations(conn, each) for each in (account.id, owner_id)) > MAX_HELD:
        raise TooManyAnnotations("the annotations of an account take too much room")
    mailbox_id, everybody = (
        (0, frozenset[int]()) if info is None else (info.id, places.find_audience(conn, account, name))
    )
    return [
        ChangedEntries(mailbox_id, audience, frozenset(entries))
        for audience, entries in (
            (everybody, [change.entry for change in changes if not change.is_private]),
            (frozenset({account.id}), [change.entry for change in changes if change.is_private]),
        )
        if entries
    ]


def _change_server(conn: Connection, account: Account, changes: Sequence[Annotation]) -> None:
    if not all(change.is_private for change in changes):
        raise ReadOnly("what the server says to all is in its configuration")
    _Shelf(server_annotations, {"account_id": account.id}).put(conn, changes)


def _change_mailbox(conn: Connection, account: Account, info: MailboxInfo, changes: Sequence[Annotation]) -> None:
    shared = [change for change in changes if not change.is_private]
    if shared and CHANGED_WITH not in info.rights:
        raise ReadOnly("what all see may not be changed", rights=info.rights)
    private = [change for change in changes if change.is_private and change.key != SPECIAL_USE]
    for reader_id, chosen in ((_SHARED, shared), (account.id, private)):
        _Shelf(mailbox_annotations, {"mailbox_id": info.id, "reader_id": reader_id}).put(conn, chosen)
    for change in changes:
        if change.key == SPECIAL_USE:
            _change_use(conn, info, change)


def _change_use(conn: Connection, info: MailboxInfo, change: Annotation) -> None:
    """What LIST and CREATE tell and set too (RFC 6154 §4)."""
    if info.is_shared or info.name == INBOX:
        raise ReadOnly("this mailbox has the use it has")
    use = (change.value or b"").decode("ascii")
    conn.execute(update(mailboxes).where(mailboxes.c.id == info.id).values(special_use=use))


def measure_annotations(conn: Connection, account_id: int) -> int:
    """Octets of all that an account answers for: what is its own, and what is shared in its mailboxes."""
    shared = select(mailboxes.c.id).where(mailboxes.c.account_id == account_id)
    conditions = (
        (mailbox_annotations, _of_mailbox.reader_id == account_id),
        (mailbox_annotations, and_(_of_mailbox.reader_id == _SHARED, _of_mailbox.mailbox_id.in_(shared))),
        (server_annotations, _of_server.account_id == account_id),
    )
    octets = 0
    for table, condition in conditions:
        wanted = select(func.coalesce(func.sum(func.length(table.c.value) + func.length(table.c.entry)), 0))
        octets += conn.execute(wanted.where(condition)).scalar_one()
    return octets


def copy_annotations(conn: Connection, mailbox_id: int, target_id: int) -> None:
    """Give a new mailbox all that another one has (RENAME of INBOX, RFC 5464 §4.1)."""
    taken = [_of_mailbox.reader_id, _of_mailbox.key, _of_mailbox.entry, _of_mailbox.value]
    wanted = select(literal(target_id), *taken).where(_of_mailbox.mailbox_id == mailbox_id)
    names = ["mailbox_id", *(column.name for column in taken)]
    conn.execute(insert(mailbox_annotations).from_select(names, wanted))


def _find_mailbox(conn: Connection, account: Account, name: str) -> MailboxInfo:
    info = places.find_mailbox(conn, account, name, "l")
    if not SEEN_WITH & set(info.rights):
        raise ReadOnly("rights are missing", wanted="l and one of rswip", rights=info.rights)
    return info
