"""Keeping the audit trail: entries are written in the transaction of what they tell, and never changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from mssmail.journal import Entry, Event
from mssmail.store.prepared import Prepared
from mssmail.store.schema import journal

_INSERT = Prepared(insert(journal), ("at", "event", "trace_id", "facts"))
_encoder = json.JSONEncoder(default=str, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry with its place in the journal."""

    id: int
    entry: Entry


def append_entries(conn: Connection, entries: Sequence[Entry]) -> None:
    """Write entries; they become durable with the transaction."""
    if entries:
        _INSERT.run(
            conn,
            [
                {"at": entry.at, "event": entry.event.value, "trace_id": entry.trace_id, "facts": _encode(entry)}
                for entry in entries
            ],
        )


def read_entries(
    conn: Connection,
    *,
    trace_id: str | None = None,
    event: Event | None = None,
    since: datetime | None = None,
    after_id: int = 0,
    limit: int = 500,
) -> Sequence[KeptEntry]:
    """Entries in the order they were written; page on with the last one's id as ``after_id``."""
    wanted = select(journal).where(journal.c.id > after_id).order_by(journal.c.id).limit(limit)
    if trace_id is not None:
        wanted = wanted.where(journal.c.trace_id == trace_id)
    if event is not None:
        wanted = wanted.where(journal.c.event == event.value)
    if since is not None:
        wanted = wanted.where(journal.c.at >= since)
    return [
        KeptEntry(row.id, Entry(row.at, Event(row.event), row.trace_id, json.loads(row.facts)))
        for row in conn.execute(wanted)
    ]


def _encode(entry: Entry) -> str:
    return _encoder.encode(dict(entry.facts))
