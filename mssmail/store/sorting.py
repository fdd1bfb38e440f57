"""SORT and THREAD from stored keys: the database sorts, outside of Python's lock; each question is one short read."""

import json
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from mssmail.core.mailbox import UID
from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm
from mssmail.core.threads import Forest, Threadable, thread_by_references, thread_by_subject
from mssmail.store.prepared import Prepared
from mssmail.store.schema import mailbox_rows, sort_keys

_row, _keys = mailbox_rows.c, sort_keys.c
_SENT: ColumnElement[object] = func.coalesce(_keys.sent_at, _row.internal_date)  # RFC 5256 §2.2
_COLUMNS: dict[SortKey, ColumnElement[object]] = {
    SortKey.ARRIVAL: _row.internal_date,
    SortKey.CC: _keys.cc,
    SortKey.DATE: _SENT,
    SortKey.FROM: _keys.sender,
    SortKey.SIZE: _row.size,
    SortKey.SUBJECT: _keys.base_subject,
    SortKey.TO: _keys.to,
    SortKey.DISPLAYFROM: _keys.display_from,
    SortKey.DISPLAYTO: _keys.display_to,
}
_BY_DATE = (Criterion(SortKey.DATE),)
_RELEASED = 2_000
_IN_RANGE = (
    _row.mailbox_id == bindparam("of_mailbox"),
    _row.uid.between(bindparam("first"), bindparam("last")),
)
# RFC 8474's THREADID in SQL (``core.threads.name_thread``); NULL for a message that has no keys yet.
THREAD_ID: ColumnElement[str | None] = func.name_thread(_keys.message_id, _keys.message_ref, _keys.references)
_THREADABLE = Prepared(
    select(
        _row.uid,
        _keys.message_ref,
        _keys.references,
        _keys.base_subject,
        _keys.is_reply,
    )
    .join(sort_keys, _keys.message_id == _row.message_id)
    .where(*_IN_RANGE)
    .order_by(_row.uid)
)


def sort_uids(
    conn: Connection, mailbox_id: int, uids: Sequence[UID], criteria: tuple[Criterion, ...]
) -> Sequence[UID] | None:
    """These (ascending) UIDs in order; what is gone is left out. None when some message has no keys yet."""
    if not uids:
        return []
    ((in_order, without_keys),) = _build_sort(criteria).fetch_all(conn, _find_range(mailbox_id, uids))
    wanted = set(uids)
    if not wanted.isdisjoint(json.loads(without_keys)):
        return None
    return [uid for uid in json.loads(in_order) if uid in wanted]


@lru_cache(maxsize=64)
def _build_sort(criteria: tuple[Criterion, ...]) -> Prepared:
    """One row, for ten thousand take longer to hand over than to sort: all UIDs in order, and those without keys.

    SQLite keeps the order of a subquery for an aggregate that depends on it.
    """
    order = [_COLUMNS[each.key].desc() if each.is_reverse else _COLUMNS[each.key].asc() for each in criteria]
    keyed = select(_row.uid, _keys.message_id).outerjoin(sort_keys, _keys.message_id == _row.message_id)
    sorted_ = keyed.where(*_IN_RANGE).order_by(*order, _row.uid).subquery().c
    uids = func.json_group_array(sorted_.uid)
    return Prepared(select(uids, uids.filter(sorted_.message_id.is_(None))))


def thread_uids(conn: Connection, mailbox_id: int, uids: Sequence[UID], algorithm: ThreadAlgorithm) -> Forest | None:
    """These (ascending) UIDs as threads; None when some message has no keys yet."""
    in_order = sort_uids(conn, mailbox_id, uids, _BY_DATE)
    if not in_order:
        return None if in_order is None else Forest((), {})
    sent = {uid: place for place, uid in enumerate(in_order)}
    rows = _THREADABLE.fetch_each(conn, _find_range(mailbox_id, uids))
    messages = [Threadable._make((*row, sent[row[0]])) for row in rows if row[0] in sent]
    forest = (thread_by_subject if algorithm is ThreadAlgorithm.ORDEREDSUBJECT else thread_by_references)(messages)
    while messages:  # a hundred thousand let go of at once would keep all other threads waiting
        del messages[-_RELEASED:]
    return forest


def _find_range(mailbox_id: int, uids: Sequence[UID]) -> dict[str, int]:
    return {"of_mailbox": mailbox_id, "first": uids[0], "last": uids[-1]}
