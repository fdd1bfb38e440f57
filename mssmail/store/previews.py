"""Previews (RFC 8970): made when somebody asks for the first time, or along with the index for SEARCH, and kept.

A message costs its reading and a few hundred microseconds: too much before a 250, nothing behind it.
"""

import logging
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, insert, select

from mssmail.core.message import Span
from mssmail.errors import NoSuchMailbox, StoreUnavailable
from mssmail.mime.parts import scan
from mssmail.mime.preview import MAX_LOOKED_AT, build_preview
from mssmail.store.bodies import read_body
from mssmail.store.layouts import load_layout
from mssmail.store.prepared import Prepared
from mssmail.store.schema import messages, previews

_log = logging.getLogger(__name__)
_INSERT = Prepared(insert(previews).prefix_with("OR REPLACE"), previews.columns.keys())


def make_preview(conn: Connection, message_id: int) -> str | None:
    """The message's preview; None when it has gone or cannot be read now, which may be another time."""
    try:
        layout = load_layout(conn, message_id)
        if layout is None:
            return None
        data = read_body(conn, message_id, Span(0, min(layout.length, layout.header.end + MAX_LOOKED_AT)))
    except (StoreUnavailable, NoSuchMailbox, ValueError):
        return None
    try:
        return build_preview(data, scan(data))
    except Exception:
        _log.exception("message %d has no preview", message_id)  # never a reason to fail a FETCH of others
        return ""


def make_previews(conn: Connection, message_ids: Iterable[int]) -> Mapping[int, str]:
    """The previews of these messages, but for those of which there is none to be had."""
    made = {message_id: make_preview(conn, message_id) for message_id in message_ids}
    return {message_id: text for message_id, text in made.items() if text is not None}


def keep_previews(conn: Connection, made: Mapping[int, str]) -> None:
    """Keep them beside their messages; those of messages that have gone meanwhile are left out."""
    alive = set(conn.execute(select(messages.c.id).where(messages.c.id.in_(list(made)))).scalars())
    _INSERT.run(conn, ({"message_id": each, "text": text} for each, text in made.items() if each in alive))
