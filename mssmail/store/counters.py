"""The clock and the counters of a mailbox, moved in one statement so that they cannot part."""

from dataclasses import dataclass

from sqlalchemy import Connection, update

from mssmail.core.mailbox import ModSeq
from mssmail.errors import NoSuchMailbox
from mssmail.store.flags import DELETED_BIT, SEEN_BIT
from mssmail.store.schema import mailboxes


@dataclass(frozen=True, slots=True)
class Move:
    """By how much the counters move; ``uids`` is how many UIDs are given out."""

    uids: int = 0
    messages: int = 0
    unseen: int = 0
    deleted: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """The mailbox, the first of the UIDs given out, and the ModSeq of the change."""

    mailbox_id: int
    first_uid: int
    modseq: ModSeq


def count_unseen(bits: int) -> int:
    r"""1 without \Seen, else 0."""
    return 0 if bits & SEEN_BIT else 1


def count_deleted(bits: int) -> int:
    r"""1 with \Deleted, else 0."""
    return 1 if bits & DELETED_BIT else 0


def move_counters(conn: Connection, mailbox_id: int, move: Move) -> Moved:
    """Move a mailbox's counters and its ModSeq by one; raises NoSuchMailbox when it has gone."""
    moved = _move(conn, move, id=mailbox_id)
    if moved is None:
        raise NoSuchMailbox("the mailbox has gone", mailbox_id=mailbox_id)
    return moved


def move_counters_by_name(conn: Connection, account_id: int, name: str, move: Move) -> Moved | None:
    """The same by name; None when there is no such mailbox."""
    return _move(conn, move, account_id=account_id, name=name)


def _move(conn: Connection, move: Move, **where: object) -> Moved | None:
    column = mailboxes.c
    changed = update(mailboxes).values(
        uid_next=column.uid_next + move.uids,
        highest_modseq=column.highest_modseq + 1,
        messages=column.messages + move.messages,
        unseen=column.unseen + move.unseen,
        deleted=column.deleted + move.deleted,
        size=column.size + move.size,
    )
    row = conn.execute(changed.filter_by(**where).returning(column.id, column.uid_next, column.highest_modseq)).first()
    return None if row is None else Moved(row[0], row[1] - move.uids, ModSeq(row[2]))
