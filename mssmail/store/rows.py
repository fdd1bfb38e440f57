"""What lies in a mailbox: rows by UID, and how they come, change and go. Every change moves the mailbox's ModSeq."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from mssmail.core.mailbox import UID, MessageMeta, ModSeq, StoreAction, drop_reserved
from mssmail.core.rights import LETTERS
from mssmail.errors import NoSuchMessage
from mssmail.store.counters import Move, count_deleted, count_unseen, move_counters
from mssmail.store.flags import DELETED_BIT, change_flags, decode_flags, encode_flags, keep_locked
from mssmail.store.mailboxes import load_mailbox
from mssmail.store.messages import PAGE, drop_unused_messages
from mssmail.store.named import IS_NAMED, name_uids
from mssmail.store.prepared import Prepared
from mssmail.store.schema import mailbox_rows
from mssmail.store.transfers import take_away

# The statements stand ready: building one costs more than running it.
_row = mailbox_rows.c
_in_mailbox = _row.mailbox_id == bindparam("of_mailbox")
_ALL = (
    select(
        _row.uid,
        _row.message_id,
        _row.modseq,
        _row.flags,
        _row.keywords,
    )
    .where(_in_mailbox)
    .order_by(_row.uid)
)
_NAMED = _ALL.where(IS_NAMED)
_DELETED = _ALL.where(_row.flags.bitwise_and(DELETED_BIT) != 0)
_MEASURE_DELETED = select(func.coalesce(func.sum(_row.size), 0)).where(
    _in_mailbox, _row.flags.bitwise_and(DELETED_BIT) != 0
)
_INSERT = insert(mailbox_rows)
_new_state: dict[str, Any] = {
    "modseq": bindparam("new_modseq"),
    "flags": bindparam("new_flags"),
    "keywords": bindparam("new_keywords"),
}
_UPDATE_FLAGS = Prepared(update(mailbox_rows).where(_in_mailbox, _row.uid == bindparam("of_uid")).values(**_new_state))
_UPDATE_STATE = Prepared(
    update(mailbox_rows)
    .where(_in_mailbox, _row.uid.between(bindparam("first"), bindparam("last")), _row.modseq < bindparam("new_modseq"))
    .where(_row.flags == bindparam("old_flags"), _row.keywords == bindparam("old_keywords"))
    .values(**_new_state)  # what was just written has the new ModSeq: no state is taken for the next one
)
_STATES = Prepared(
    select(_row.uid, _row.message_id, _row.modseq, _row.flags, _row.keywords)
    .where(_in_mailbox, _row.uid.between(bindparam("first"), bindparam("last")))
    .order_by(_row.uid)
)
_SPARSE = 4  # of a range with more than so many UIDs for each that is meant, rows are looked up one by one

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
        _INSERT,
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


@dataclass(frozen=True, slots=True)
class FlagChange:
    """What STORE asks: of messages that changed after ``unchanged_since`` it asks nothing (RFC 7162 §3.1.3).

    Flags that ``rights`` do not reach stay as they are (RFC 4314 §4).
    """

    action: StoreAction
    flags: frozenset[str]
    unchanged_since: ModSeq | None = None
    rights: str = LETTERS


def store_flags(conn: Connection, mailbox_id: int, uids: Sequence[UID], change: FlagChange) -> Sequence[MessageMeta]:
    """Change flags; the messages asked for as they are afterwards, by UID. One that did not change keeps its ModSeq."""
    found, is_whole = _load_states(conn, mailbox_id, uids)
    chosen = [row for row in found if change.unchanged_since is None or row.modseq <= change.unchanged_since]
    named = encode_flags(drop_reserved(change.flags))
    after = {state: _change(state, change, named) for state in {row.state for row in chosen}}  # few states, many rows
    changed = [row for row in chosen if after[row.state] != row.state]
    modseq = _rewrite_flags(conn, mailbox_id, changed, after, is_whole=is_whole and len(chosen) == len(found))
    return [
        MessageMeta(
            row.uid,
            row.modseq if after[row.state] == row.state else modseq,
            decode_flags(*after[row.state]),
            row.message_id,
            before=row.modseq,
        )
        for row in chosen
    ]


def _change(before: tuple[int, str], change: FlagChange, named: tuple[int, str]) -> tuple[int, str]:
    after = change_flags(before, change.action, named)
    return after if change.rights == LETTERS else keep_locked(before, after, change.rights)


def expunge(conn: Connection, mailbox_id: int, uids: Sequence[UID] | None, limit: int) -> Sequence[UID]:
    r"""Remove messages with \Deleted, all (at most ``limit`` now) or those named; the UIDs that went, ascending."""
    load_mailbox(conn, mailbox_id)
    if uids is None:
        gone = list(conn.execute(_DELETED.limit(limit), {"of_mailbox": mailbox_id}))
    else:
        gone = [row for row in _load(conn, mailbox_id, uids) if row.flags & DELETED_BIT]
    take_away(conn, mailbox_id, [row.uid for row in gone])
    drop_unused_messages(conn, [row.message_id for row in gone])
    return [row.uid for row in gone]


def remove_row(conn: Connection, mailbox_id: int, uid: UID) -> None:
    """Remove one message, whatever its flags (RFC 8508 §3.1); raises NoSuchMessage when it is not there."""
    gone = _load(conn, mailbox_id, [uid])
    if not gone:
        raise NoSuchMessage("the message has gone", mailbox_id=mailbox_id, uid=uid)
    take_away(conn, mailbox_id, [row.uid for row in gone])
    drop_unused_messages(conn, [row.message_id for row in gone])


def measure_deleted(conn: Connection, mailbox_id: int) -> int:
    r"""Octets of the messages marked \Deleted (RFC 9208 §4.1.4)."""
    return int(conn.execute(_MEASURE_DELETED, {"of_mailbox": mailbox_id}).scalar_one())


class _StateRow(NamedTuple):
    uid: UID
    message_id: int
    modseq: ModSeq
    state: tuple[int, str]  # bits and keywords


def _load_states(conn: Connection, mailbox_id: int, uids: Sequence[UID]) -> tuple[list[_StateRow], bool]:
    """The rows by UID, and whether they are all there are between the first and the last of these UIDs."""
    wanted = set(uids)
    if not wanted or max(wanted) - min(wanted) >= _SPARSE * len(wanted):
        found = _load(conn, mailbox_id, uids)
        return [_StateRow(row.uid, row.message_id, row.modseq, (row.flags, row.keywords)) for row in found], False
    where = {"of_mailbox": mailbox_id, "first": min(wanted), "last": max(wanted)}
    rows = [_StateRow(row[0], row[1], row[2], (row[3], row[4])) for row in _STATES.fetch_all(conn, where)]
    chosen = [row for row in rows if row.uid in wanted]
    return chosen, len(chosen) == len(rows)


def _rewrite_flags(
    conn: Connection,
    mailbox_id: int,
    changed: Sequence[_StateRow],
    after: Mapping[tuple[int, str], tuple[int, str]],
    *,
    is_whole: bool,
) -> ModSeq:
    """Write the new states; ``is_whole``: all rows between the first and the last of a state are meant."""
    if not changed:
        return load_mailbox(conn, mailbox_id).highest_modseq
    move = Move(
        unseen=sum(count_unseen(after[row.state][0]) - count_unseen(row.state[0]) for row in changed),
        deleted=sum(count_deleted(after[row.state][0]) - count_deleted(row.state[0]) for row in changed),
    )
    modseq = move_counters(conn, mailbox_id, move).modseq
    where: dict[str, int | str] = {"of_mailbox": mailbox_id, "new_modseq": modseq}
    if is_whole:  # one statement for each state
        where |= {"first": changed[0].uid, "last": changed[-1].uid}
        _UPDATE_STATE.run(conn, ({**where, **_name_states(old, after[old])} for old in {row.state for row in changed}))
    else:
        _UPDATE_FLAGS.run(
            conn, ({**where, "of_uid": row.uid, **_name_states(row.state, after[row.state])} for row in changed)
        )
    return modseq


def _name_states(old: tuple[int, str], new: tuple[int, str]) -> dict[str, int | str]:
    return {"old_flags": old[0], "old_keywords": old[1], "new_flags": new[0], "new_keywords": new[1]}


def _load(conn: Connection, mailbox_id: int, uids: Sequence[UID]) -> list[AnyRow]:
    return list(conn.execute(_NAMED, name_uids(mailbox_id, uids)))
