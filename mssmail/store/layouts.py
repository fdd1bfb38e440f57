"""How the bytes of a message lie: what reading any part of it needs."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from mssmail.core.mailbox import UID, ViewLayout
from mssmail.core.message import Span
from mssmail.store.prepared import Prepared
from mssmail.store.schema import mailbox_rows, messages

LAYOUT_COLUMNS = (
    messages.c.id,
    messages.c.prefix,
    messages.c.header_start,
    messages.c.header_end,
    messages.c.cuts,
    messages.c.parts,
    messages.c.length,
)

# Statements of the hot path stand ready: building one costs more than running it.
_LOAD_LAYOUT = Prepared(select(*LAYOUT_COLUMNS).where(messages.c.id == bindparam("of_id")))
_FIND_LAYOUT = Prepared(
    select(*LAYOUT_COLUMNS)
    .join(mailbox_rows, mailbox_rows.c.message_id == messages.c.id)
    .where(mailbox_rows.c.mailbox_id == bindparam("of_mailbox"), mailbox_rows.c.uid == bindparam("of_uid"))
)


def find_layout(conn: Connection, mailbox_id: int, uid: UID) -> ViewLayout | None:
    """How the bytes of a message in a mailbox lie; None when it is not there."""
    row = _FIND_LAYOUT.fetch(conn, {"of_mailbox": mailbox_id, "of_uid": uid})
    return None if row is None else build_layout(row)


def load_layout(conn: Connection, message_id: int) -> ViewLayout | None:
    """How the bytes of a message lie, wherever it is; None when it has gone."""
    row = _LOAD_LAYOUT.fetch(conn, {"of_id": message_id})
    return None if row is None else build_layout(row)


def build_layout(row: Sequence[Any]) -> ViewLayout:
    """The layout from the values of LAYOUT_COLUMNS."""
    id, prefix, start, end, cuts, parts, length = row
    return ViewLayout(id, prefix, Span(start, end), _read_cuts(cuts), parts, length)


def _read_cuts(text: str) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in json.loads(text)) if text != "[]" else ()
