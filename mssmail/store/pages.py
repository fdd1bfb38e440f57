"""Pages of rows for FETCH: what was asked for, in one short read.

A client that reads slowly has two pages held for it, so a page is short in octets, too.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, func, select

from mssmail.core.mailbox import MAX_ROW_DATA, MAX_ROW_HEADER, UID, Column, MessageMeta, MessageRow
from mssmail.core.message import Span
from mssmail.errors import StoreUnavailable
from mssmail.store.bodies import find_files
from mssmail.store.flags import decode_flags
from mssmail.store.layouts import LAYOUT_COLUMNS, build_layout
from mssmail.store.schema import bodies, listings, mailbox_rows, messages, previews, sort_keys
from mssmail.store.sorting import THREAD_ID

ROWS, WIDE_ROWS, HEADER_ROWS, DATA_ROWS = 500, 250, 50, 50  # of one page; the more a row may hold, the fewer
PAGE_OCTETS = 524_288  # of what its rows hold; the row that passes this is its last

AnyRow = Row[*tuple[Any, ...]]

_NARROW = (
    mailbox_rows.c.uid,
    mailbox_rows.c.modseq,
    mailbox_rows.c.flags,
    mailbox_rows.c.keywords,
    mailbox_rows.c.message_id,
    mailbox_rows.c.internal_date,
    mailbox_rows.c.size,
    mailbox_rows.c.saved_at,
)
_WIDE = {
    Column.ENVELOPE: messages.c.envelope,
    Column.BODY: messages.c.body,
    Column.BODYSTRUCTURE: messages.c.bodystructure,
    Column.FIELDS: listings.c.fields,
    Column.PREVIEW: previews.c.text,
    Column.THREAD: THREAD_ID,
}
# These lie in tables of their own, where some messages have no row.
_BESIDE = frozenset({Column.FIELDS, Column.PREVIEW, Column.THREAD})
_HEADER_LENGTH = messages.c.header_end - messages.c.header_start
_HEADER = case(
    (_HEADER_LENGTH <= MAX_ROW_HEADER, func.substr(bodies.c.data, messages.c.header_start + 1, _HEADER_LENGTH))
)
_DATA = case((messages.c.length <= MAX_ROW_DATA, bodies.c.data))


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
    found = conn.execute(_select(columns), {"of_mailbox": mailbox_id, "of_uids": uids})
    if not columns:
        return [MessageRow(_build_meta(row), row[5], row[6], saved_at=row[7]) for row in found]
    with found:  # we may stop before the last
        return list(_cut_short(_build_rows(conn, found, columns)))


def find_following(uids: Sequence[UID], start: int, size: int, rows: Sequence[MessageRow]) -> int:
    """The place in these ascending UIDs that follows a page of ``size`` of them which began at ``start``."""
    end = start + size
    if not rows or rows[-1].meta.uid == uids[min(end, len(uids)) - 1]:
        return end
    return bisect_right(uids, rows[-1].meta.uid) if sum(map(_measure, rows)) > PAGE_OCTETS else end


def _cut_short(rows: Iterator[MessageRow]) -> Iterator[MessageRow]:
    held = 0
    for row in rows:
        yield row
        held += _measure(row)
        if held > PAGE_OCTETS:
            return


def _measure(row: MessageRow) -> int:
    """Octets of what may be long."""
    short = len(row.envelope) + len(row.body) + len(row.bodystructure)
    parts = b"" if row.layout is None else row.layout.parts
    return short + len(row.fields or b"") + len(row.header or b"") + len(row.data or b"") + len(parts)


def _build_rows(conn: Connection, found: Iterable[AnyRow], columns: frozenset[Column]) -> Iterator[MessageRow]:
    names = [column.value for column in _WIDE if column in columns]
    has_layout, has_header, has_data = (kind in columns for kind in (Column.LAYOUT, Column.HEADER, Column.DATA))
    for row in found:
        yield MessageRow(
            _build_meta(row),
            row[5],
            row[6],
            **dict(zip(names, row[8 : 8 + len(names)], strict=True)),
            layout=build_layout(row) if has_layout else None,
            header=_read_header(conn, row) if has_header else None,
            data=row.all_data if has_data else None,
            saved_at=row[7],
        )


@cache  # there are few sets of columns, and building a statement costs more than running it
def _select(columns: frozenset[Column]) -> Select[*tuple[Any, ...]]:
    row = mailbox_rows.c
    wide = [wanted for column, wanted in _WIDE.items() if column in columns]
    wanted: Select[*tuple[Any, ...]] = select(*_NARROW, *wide)
    if columns - _BESIDE:
        wanted = wanted.join(messages, messages.c.id == row.message_id)
    if Column.FIELDS in columns:
        wanted = wanted.outerjoin(listings, listings.c.message_id == row.message_id)
    if Column.PREVIEW in columns:
        wanted = wanted.outerjoin(previews, previews.c.message_id == row.message_id)
    if Column.THREAD in columns:
        wanted = wanted.outerjoin(sort_keys, sort_keys.c.message_id == row.message_id)
    if columns & {Column.LAYOUT, Column.HEADER, Column.DATA}:
        wanted = wanted.add_columns(*LAYOUT_COLUMNS)
    if Column.HEADER in columns:
        wanted = wanted.add_columns(bodies.c.sha256, _HEADER.label("header"), bodies.c.data.is_(None).label("in_file"))
    if Column.DATA in columns:
        wanted = wanted.add_columns(_DATA.label("all_data"))
    if columns & {Column.HEADER, Column.DATA}:
        wanted = wanted.join(bodies, bodies.c.id == messages.c.body_id)
    is_wanted = row.uid.in_(bindparam("of_uids", expanding=True))
    return wanted.where(row.mailbox_id == bindparam("of_mailbox"), is_wanted).order_by(row.uid)


def _build_meta(row: AnyRow) -> MessageMeta:
    return MessageMeta(row[0], row[1], decode_flags(row[2], row[3]), row[4])


def _read_header(conn: Connection, row: AnyRow) -> bytes | None:
    if not row.in_file or row.header_end - row.header_start > MAX_ROW_HEADER:
        return None if row.header is None else bytes(row.header)
    try:
        return find_files(conn).read(row.sha256.hex(), Span(row.header_start, row.header_end))
    except StoreUnavailable:
        return None  # one message whose file is damaged must not make the whole page unreadable
