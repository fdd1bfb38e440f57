"""What lies in a mailbox: rows by UID, and how they come, change and go. Every change moves the mailbox's ModSeq."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, select, update

from mssmail.core.mailbox import UID, Appended, MessageMeta, ModSeq, StoreAction
from mssmail.store.counters import Move, count_deleted, count_unseen, move_counters
from mssmail.store.flags import DELETED_BIT, change_flags, decode_flags, encode_flags
from mssmail.store.mailboxes import load_mailbox
from mssmail.store.messages import PAGE, drop_unused_messages
from mssmail.store.schema import mailbox_rows, vanished

_ROW = (
    mailbox_rows.c.uid,
    mailbox_rows.c.message_id,
    mailbox_rows.c.modseq,
    mailbox_rows.c.born_modseq,
    mailbox_rows.c.flags,
    mailbox_rows.c.keywords,
    mailbox_rows.c.internal_date,
    mailbox_rows.c.size,
)
AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class NewRow:
    """A message about to get a place in a mailbox."""

    message_id: int
    bits: int
    keywords: str
    internal_date: datetime
    size: int


def cut_pages(uids: Sequence[UID], size: int = PAGE) -> Iterator[Sequence[UID]]:
    """The UIDs ascending, each once, so many at a time."""
    ordered = sorted(set(uids))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def add_rows(conn: Connection, mailbox_id: int, rows: Sequence[NewRow], now: datetime) -> Sequence[UID]:
    """Give messages places in a mailbox, in this order; their UIDs. Raises NoSuchMailbox."""
    if not rows:
        return []
    move = Move(
        uids=len(rows),
        messages=len(rows),
        unseen=sum(count_unseen(row.bits) for row in rows),
        deleted=sum(count_deleted(row.bits) for row in rows),
        size=sum(row.size for row in rows),
    )
    moved = move_counters(conn, mailbox_id, move)
    uids = [UID(moved.first_uid + offset) for offset in range(len(rows))]
    conn.execute(
        insert(mailbox_rows),
        [
            {
                "mailbox_id": mailbox_id,
                "uid": uid,
                "message_id": row.message_id,
                "modseq": moved.modseq,
                "born_modseq": moved.modseq,
                "flags": row.bits,
                "keywords": row.keywords,
                "internal_date": row.internal_date,
                "saved_at": now,
                "size": row.size,
            }
            for uid, row in zip(uids, rows, strict=True)
        ],
    )
    return uids


def store_flags(
    conn: Connection, mailbox_id: int, uids: Sequence[UID], action: StoreAction, flags: frozenset[str]
) -> Sequence[MessageMeta]:
    """Change flags; the messages as they are afterwards, by UID. One that did not change keeps its ModSeq."""
    named = encode_flags(flags)
    pairs = [(row, change_flags((row.flags, row.keywords), action, named)) for row in _load(conn, mailbox_id, uids)]
    changed = [(row, new) for row, new in pairs if new != (row.flags, row.keywords)]
    modseq = _rewrite_flags(conn, mailbox_id, changed)
    touched = {row.uid for row, _ in changed}
    return [
        MessageMeta(row.uid, modseq if row.uid in touched else row.modseq, decode_flags(*new), row.message_id)
        for row, new in pairs
    ]


def expunge(conn: Connection, mailbox_id: int, uids: Sequence[UID] | None, limit: int) -> Sequence[UID]:
    r"""Remove messages with \Deleted, all (at most ``limit`` now) or those named; the UIDs that went, ascending."""
    load_mailbox(conn, mailbox_id)
    if uids is None:
        is_deleted = mailbox_rows.c.flags.bitwise_and(DELETED_BIT) != 0
        gone = list(conn.execute(_select_rows(mailbox_id).where(is_deleted).limit(limit)))
    else:
        gone = [row for row in _load(conn, mailbox_id, uids) if row.flags & DELETED_BIT]
    take_away(conn, mailbox_id, gone)
    drop_unused_messages(conn, [row.message_id for row in gone])
    return [row.uid for row in gone]


def copy_rows(conn: Connection, mailbox_id: int, uids: Sequence[UID], target_id: int, now: datetime) -> Appended:
    """Copy with flags and internal date, in UID order; what is gone is left out. Raises NoSuchMailbox."""
    rows = _load(conn, mailbox_id, uids)
    placed = add_rows(conn, target_id, [_renew(row) for row in rows], now)
    pairs = tuple((row.uid, uid) for row, uid in zip(rows, placed, strict=True))
    return Appended(load_mailbox(conn, target_id).uid_validity, pairs)


def move_all(conn: Connection, mailbox_id: int, target_id: int, now: datetime) -> None:
    """All messages go to the other mailbox, with UIDs of their own there (RENAME of INBOX, RFC 9051 §6.3.6)."""
    rows = list(conn.execute(_select_rows(mailbox_id)))
    add_rows(conn, target_id, [_renew(row) for row in rows], now)
    take_away(conn, mailbox_id, rows)


def take_away(conn: Connection, mailbox_id: int, rows: Sequence[AnyRow]) -> None:
    """Rows leave the mailbox and are remembered as vanished; their messages stay."""
    if not rows:
        return
    move = Move(
        messages=-len(rows),
        unseen=-sum(count_unseen(row.flags) for row in rows),
        deleted=-sum(count_deleted(row.flags) for row in rows),
        size=-sum(row.size for row in rows),
    )
    modseq = move_counters(conn, mailbox_id, move).modseq
    conn.execute(
        insert(vanished),
        [{"mailbox_id": mailbox_id, "uid": row.uid, "modseq": modseq, "born_modseq": row.born_modseq} for row in rows],
    )
    conn.execute(
        delete(mailbox_rows).where(mailbox_rows.c.mailbox_id == mailbox_id, mailbox_rows.c.uid == bindparam("of_uid")),
        [{"of_uid": row.uid} for row in rows],
    )


def measure_rows(conn: Connection, mailbox_id: int, uids: Sequence[UID]) -> int:
    """Octets of these messages together, for the quota."""
    total = select(func.coalesce(func.sum(mailbox_rows.c.size), 0)).where(mailbox_rows.c.mailbox_id == mailbox_id)
    return sum(conn.execute(total.where(mailbox_rows.c.uid.in_(page))).scalar_one() for page in cut_pages(uids))


def _rewrite_flags(conn: Connection, mailbox_id: int, changed: Sequence[tuple[AnyRow, tuple[int, str]]]) -> ModSeq:
    if not changed:
        return load_mailbox(conn, mailbox_id).highest_modseq
    move = Move(
        unseen=sum(count_unseen(new[0]) - count_unseen(row.flags) for row, new in changed),
        deleted=sum(count_deleted(new[0]) - count_deleted(row.flags) for row, new in changed),
    )
    modseq = move_counters(conn, mailbox_id, move).modseq
    conn.execute(
        update(mailbox_rows)
        .where(mailbox_rows.c.mailbox_id == mailbox_id, mailbox_rows.c.uid == bindparam("of_uid"))
        .values(modseq=modseq, flags=bindparam("new_flags"), keywords=bindparam("new_keywords")),
        [{"of_uid": row.uid, "new_flags": new[0], "new_keywords": new[1]} for row, new in changed],
    )
    return modseq


def _select_rows(mailbox_id: int) -> Select[*tuple[Any, ...]]:
    return select(*_ROW).where(mailbox_rows.c.mailbox_id == mailbox_id).order_by(mailbox_rows.c.uid)


def _load(conn: Connection, mailbox_id: int, uids: Sequence[UID]) -> list[AnyRow]:
    wanted = _select_rows(mailbox_id)
    return [row for page in cut_pages(uids) for row in conn.execute(wanted.where(mailbox_rows.c.uid.in_(page)))]


def _renew(row: AnyRow) -> NewRow:
    return NewRow(row.message_id, row.flags, row.keywords, row.internal_date, row.size)
