"""Pages of rows for FETCH: what was asked for, in one short read.

A client that reads slowly has two pages held for it, so a page is short in octets, too.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache, partial
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, null, select

from mssmail.core.mailbox import MAX_ROW_DATA, MAX_ROW_HEADER, UID, Column, MessageMeta, MessageRow
from mssmail.core.message import Span
from mssmail.errors import StoreUnavailable
from mssmail.store.bodies import find_files
from mssmail.store.columns import read_moment
from mssmail.store.flags import decode_flags
from mssmail.store.layouts import LAYOUT_COLUMNS, build_layout
from mssmail.store.named import IS_NAMED, name_uids
from mssmail.store.prepared import Prepared
from mssmail.store.schema import bodies, listings, mailbox_rows, messages, previews, sort_keys
from mssmail.store.sorting import THREAD_ID

ROWS, WIDE_ROWS, HEADER_ROWS, DATA_ROWS = 500, 250, 50, 50  # of one page; the more a row may hold, the fewer
PAGE_OCTETS = 524_288  # of what its rows hold; the row that passes this is its last

AnyRow = tuple[Any, ...]

_META = (
    mailbox_rows.c.uid,
    mailbox_rows.c.modseq,
    mailbox_rows.c.flags,
    mailbox_rows.c.keywords,
    mailbox_rows.c.message_id,
)
_SHOWN: dict[Column, ColumnElement[Any]] = {  # as MessageRow orders them
    Column.ENVELOPE: messages.c.envelope,
    Column.BODY: messages.c.body,
    Column.BODYSTRUCTURE: messages.c.bodystructure,
    Column.FIELDS: listings.c.fields,
    Column.PREVIEW: previews.c.text,
    Column.THREAD: THREAD_ID,
    Column.INTERNAL_DATE: mailbox_rows.c.internal_date,
    Column.SAVED_AT: mailbox_rows.c.saved_at,
}
_HEADER_LENGTH = messages.c.header_end - messages.c.header_start
_HEADER = case(
    (_HEADER_LENGTH <= MAX_ROW_HEADER, func.substr(bodies.c.data, messages.c.header_start + 1, _HEADER_LENGTH))
)
_DATA = case((messages.c.length <= MAX_ROW_DATA, bodies.c.data))
_OF_MESSAGE = frozenset({Column.ENVELOPE, Column.BODY, Column.BODYSTRUCTURE})
_OF_BODY = frozenset({Column.LAYOUT, Column.HEADER, Column.DATA})
_get_long = attrgetter("envelope", "body", "bodystructure", "fields", "header", "data")


def find_page_size(columns: frozenset[Column]) -> int:
    """How many UIDs to ask for at a time, so that a page stays within a few megabytes."""
    if Column.DATA in columns:
        return DATA_ROWS
    if Column.HEADER in columns:
        return HEADER_ROWS
    return WIDE_ROWS if columns else ROWS


def load_page(
    conn: Connection, mailbox_id: int, uids: Sequence[UID], columns: frozenset[Column]
) -> Sequence[MessageRow]:
    """The rows of these UIDs (at most ``find_page_size`` of them), ascending; what is gone is left out.

    No more than PAGE_OCTETS and one row: ``find_following`` says where to go on.
    """
    values = name_uids(mailbox_id, uids)
    if not columns:
        return [_build_row(row) for row in _prepare(columns).fetch_all(conn, values)]
    with closing(_prepare(columns).fetch_each(conn, values)) as found:  # we may stop before the last
        build = partial(_build_long_row, conn, columns) if columns & _OF_BODY else _build_row
        return list(_cut_short(map(build, found)))


def find_following(uids: Sequence[UID], start: int, size: int, rows: Sequence[MessageRow]) -> int:
    """The place in these ascending UIDs that follows a page of ``size`` of them which began at ``start``."""
    end = start + size
    if not rows or rows[-1].meta.uid == uids[min(end, len(uids)) - 1]:
        return end
    return bisect_right(uids, rows[-1].meta.uid) if sum(map(_measure, rows)) > PAGE_OCTETS else end


def _cut_short(rows: Iterable[MessageRow]) -> Iterator[MessageRow]:
    held = 0
    for row in rows:
        yield row
        held += _measure(row)
        if held > PAGE_OCTETS:
            return


def _measure(row: MessageRow) -> int:
    """Octets of what may be long."""
    parts = 0 if row.layout is None else len(row.layout.parts)
    return parts + sum(map(len, filter(None, _get_long(row))))


@cache  # there are few sets of columns, and building a statement costs more than running it
def _prepare(columns: frozenset[Column]) -> Prepared:
    row = mailbox_rows.c
    wanted = select(*_META, row.size, *(shown if name in columns else null() for name, shown in _SHOWN.items()))
    if columns & (_OF_MESSAGE | _OF_BODY):
        wanted = wanted.join(messages, messages.c.id == row.message_id)
    if columns & _OF_BODY:
        wanted = wanted.add_columns(*LAYOUT_COLUMNS, *_list_octets(columns))
        wanted = wanted.join(bodies, bodies.c.id == messages.c.body_id)
    # These lie in tables of their own, where some messages have no row.
    for name, table in ((Column.FIELDS, listings), (Column.PREVIEW, previews), (Column.THREAD, sort_keys)):
        if name in columns:
            wanted = wanted.outerjoin(table, table.c.message_id == row.message_id)
    return Prepared(wanted.where(IS_NAMED).order_by(row.uid))


def _list_octets(columns: frozenset[Column]) -> Iterator[ColumnElement[Any]]:
    has_header = Column.HEADER in columns
    yield _HEADER if has_header else null()
    yield case((bodies.c.data.is_(None), bodies.c.sha256)) if has_header else null()  # the name of its file
    yield _DATA if Column.DATA in columns else null()


def _build_row(row: AnyRow, read: AnyRow = (None, None, None)) -> MessageRow:
    """``read`` are layout, header and data."""
    uid, modseq, bits, keywords, message_id = row[:5]
    meta = MessageMeta(uid, modseq, decode_flags(bits, keywords), message_id)
    return MessageRow._make((meta, *row[5:12], read_moment(row[12]), read_moment(row[13]), *read))


def _build_long_row(conn: Connection, columns: frozenset[Column], row: AnyRow) -> MessageRow:
    layout = build_layout(row[14:21])
    header, sha256, data = row[21:]
    if sha256 is not None and len(layout.header) <= MAX_ROW_HEADER:
        header = _read_header(conn, sha256, layout.header)
    return _build_row(row, (layout if Column.LAYOUT in columns else None, header, data))


def _read_header(conn: Connection, sha256: bytes, header: Span) -> bytes | None:
    try:
        return find_files(conn).read(sha256.hex(), header)
    except StoreUnavailable:
        return None  # one message whose file is damaged must not make the whole page unreadable
