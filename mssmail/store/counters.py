"""The clock and the counters of a mailbox, moved in one statement so that they cannot part."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, update

from mssmail.core.mailbox import ModSeq
from mssmail.errors import MailboxGone
from mssmail.store.flags import DELETED_BIT, SEEN_BIT
from mssmail.store.mailboxes import IS_THERE
from mssmail.store.prepared import Prepared
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


# Statements of the hot path stand ready: building one costs more than running it.
_column = mailboxes.c
_MOVE = (
    update(mailboxes)
    .values(
        uid_next=_column.uid_next + bindparam("by_uids"),
        highest_modseq=_column.highest_modseq + 1,
        messages=_column.messages + bindparam("by_messages"),
        unseen=_column.unseen + bindparam("by_unseen"),
        deleted=_column.deleted + bindparam("by_deleted"),
        size=_column.size + bindparam("by_size"),
    )
    .returning(_column.id, _column.uid_next, _column.highest_modseq)
)
_MOVE_BY_ID = Prepared(_MOVE.where(_column.id == bindparam("of_id"), IS_THERE))
_MOVE_BY_NAME = Prepared(
    _MOVE.where(_column.account_id == bindparam("of_account"), _column.name == bindparam("of_name"))
)


def move_counters(conn: Connection, mailbox_id: int, move: Move) -> Moved:
    """Move a mailbox's counters and its ModSeq by one; raises NoSuchMailbox when it has gone."""
    moved = _move(conn, _MOVE_BY_ID, move, {"of_id": mailbox_id})
    if moved is None:
        raise MailboxGone("the mailbox has gone", mailbox_id=mailbox_id)
    return moved


def move_counters_by_name(conn: Connection, account_id: int, name: str, move: Move) -> Moved | None:
    """The same by name; None when there is no such mailbox."""
    return _move(conn, _MOVE_BY_NAME, move, {"of_account": account_id, "of_name": name})


def _move(conn: Connection, statement: Prepared, move: Move, where: Mapping[str, object]) -> Moved | None:
    by = {
        "by_uids": move.uids,
        "by_messages": move.messages,
        "by_unseen": move.unseen,
        "by_deleted": move.deleted,
        "by_size": move.size,
    }
    row = statement.fetch(conn, {**by, **where})
    return None if row is None else Moved(row[0], row[1] - move.uids, ModSeq(row[2]))
