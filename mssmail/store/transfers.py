"""Rows that go to another mailbox, or away: however many, in a few statements, so that the writer is soon free again.

Of each row Python sees nothing but its UID.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from mssmail.core.mailbox import UID, Appended
from mssmail.core.rights import LETTERS
from mssmail.store.counters import Move, move_counters
from mssmail.store.flags import BITS, DELETED_BIT, SEEN_BIT, keep_locked
from mssmail.store.mailboxes import load_mailbox
from mssmail.store.named import IS_NAMED, name_uids
from mssmail.store.prepared import Prepared
from mssmail.store.schema import mailbox_rows, vanished

_ALL_BITS = sum(BITS.values())

# The statements stand ready: building one costs more than running it.
_row = mailbox_rows.c
_bits = _row.flags.bitwise_and(bindparam("kept_bits"))
_FIND = Prepared(select(_row.uid).where(IS_NAMED).order_by(_row.uid))
_MEASURE = Prepared(
    select(
        func.count(),
        func.count(case((_bits.bitwise_and(SEEN_BIT) == 0, 1))),
        func.count(case((_bits.bitwise_and(DELETED_BIT) != 0, 1))),
        func.coalesce(func.sum(_row.size), 0),
    ).where(IS_NAMED)
)
_COPY = Prepared(
    insert(mailbox_rows).from_select(
        [column.name for column in mailbox_rows.columns],
        select(
            bindparam("target", type_=_row.mailbox_id.type),
            bindparam("before_first") + func.row_number().over(order_by=_row.uid),
            _row.message_id,
            bindparam("new_modseq", type_=_row.modseq.type),
            bindparam("new_modseq", type_=_row.modseq.type),
            _bits,
            _row.keywords,
            _row.internal_date,
            bindparam("now", type_=_row.saved_at.type),
            _row.size,
        ).where(IS_NAMED),
    )
)
_REMEMBER = Prepared(
    insert(vanished).from_select(
        ["mailbox_id", "uid", "modseq", "born_modseq"],
        select(_row.mailbox_id, _row.uid, bindparam("new_modseq", type_=_row.modseq.type), _row.born_modseq).where(
            IS_NAMED
        ),
    )
)
_TAKE = Prepared(delete(mailbox_rows).where(IS_NAMED))
_is_fresh = (_row.mailbox_id == bindparam("target"), _row.uid >= bindparam("first"))
_KEYWORDS = Prepared(select(_row.keywords).distinct().where(*_is_fresh))
_KEEP_KEYWORDS = Prepared(
    update(mailbox_rows)
    .where(*_is_fresh, _row.keywords == bindparam("old_keywords"))
    .values(keywords=bindparam("new_keywords"))
)


def copy_rows(
    conn: Connection, mailbox_id: int, uids: Sequence[UID], target_id: int, now: datetime, rights: str = LETTERS
) -> Appended:
    """Copy with the flags that ``rights`` reach and internal date, in UID order; what is gone is left out.

    Raises NoSuchMailbox.
    """
    validity = load_mailbox(conn, target_id).uid_validity
    where = _name(mailbox_id, uids)
    found = [row[0] for row in _FIND.fetch_all(conn, where)]
    if not found:
        return Appended(validity, (), changes=0)
    where["kept_bits"] = keep_locked((0, ""), (_ALL_BITS, ""), rights)[0]
    moved = move_counters(conn, target_id, replace(_measure(conn, where), uids=len(found)))
    first, target = moved.first_uid, {"target": target_id, "first": moved.first_uid}
    _COPY.run(conn, ({**where, **target, "before_first": first - 1, "new_modseq": moved.modseq, "now": now},))
    if "w" not in rights:
        _drop_keywords(conn, target, rights)
    return Appended(validity, tuple(zip(found, map(UID, count(first)), strict=False)))


def move_rows(
    conn: Connection, mailbox_id: int, uids: Sequence[UID], target_id: int, now: datetime, rights: str = LETTERS
) -> Appended:
    """The same, and they are gone here; within one account this takes no room."""
    moved = copy_rows(conn, mailbox_id, uids, target_id, now, rights)
    take_away(conn, mailbox_id, [uid for uid, _ in moved.uids])
    return moved


def take_away(conn: Connection, mailbox_id: int, uids: Sequence[UID]) -> None:
    """Rows leave the mailbox and are remembered as vanished; their messages stay."""
    where = _name(mailbox_id, uids)
    there = _measure(conn, where)
    if not there.messages:
        return
    gone = Move(messages=-there.messages, unseen=-there.unseen, deleted=-there.deleted, size=-there.size)
    _REMEMBER.run(conn, ({**where, "new_modseq": move_counters(conn, mailbox_id, gone).modseq},))
    _TAKE.run(conn, (where,))


def measure_rows(conn: Connection, mailbox_id: int, uids: Sequence[UID]) -> int:
    """Octets of these messages together, for the quota."""
    return _measure(conn, _name(mailbox_id, uids)).size


def _name(mailbox_id: int, uids: Iterable[UID]) -> dict[str, Any]:
    return {**name_uids(mailbox_id, uids), "kept_bits": _ALL_BITS}


def _measure(conn: Connection, where: dict[str, Any]) -> Move:
    """What the rows count for."""
    row = _MEASURE.fetch(conn, where)
    messages, unseen, deleted, size = row or (0, 0, 0, 0)
    return Move(messages=messages, unseen=unseen, deleted=deleted, size=size)


def _drop_keywords(conn: Connection, target: dict[str, int], rights: str) -> None:
    """Leave to what was just copied the keywords that these rights reach; there are few sets of them."""
    known = [row[0] for row in _KEYWORDS.fetch_all(conn, target)]
    kept = {old: keep_locked((0, ""), (0, old), rights)[1] for old in known}
    _KEEP_KEYWORDS.run(
        conn, ({**target, "old_keywords": old, "new_keywords": new} for old, new in kept.items() if new != old)
    )
