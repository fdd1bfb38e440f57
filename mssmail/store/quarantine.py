"""Bytes that end the workers that look at them: counted by SHA-256, and put aside for the operator.

A file of the quarantine is written before the row that names it is committed, and unlinked after the row says that it
is gone: a kill in between leaves a file that ``list`` does not show and the next quarantine of these bytes finds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from mssmail.core.message import Span
from mssmail.store.bodies import BodyFiles
from mssmail.store.schema import quarantine, worker_deaths

EXAMINE, DOCUMENTS = "examine", "documents"
_REMEMBERED: Final = timedelta(days=30)
_held = quarantine.c


@dataclass(frozen=True, slots=True)
class Death:
    """A worker ended by these bytes: how often they have done so by now."""

    sha256: str
    step: str
    deaths: int


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes in quarantine. ``is_kept``: they can still be read."""

    sha256: str
    length: int
    is_kept: bool
    trace_id: str
    cause: str
    envelope: Mapping[str, object]
    held_at: datetime


def count_death(conn: Connection, sha256: str, step: str, now: datetime) -> Death:
    """One more worker ended by these bytes at this step; what is older than a month is forgotten."""
    conn.execute(delete(worker_deaths).where(worker_deaths.c.last_at < now - _REMEMBERED))
    key = {"sha256": bytes.fromhex(sha256), "step": step}
    found = find_deaths(conn, sha256, step)
    if found:
        where = (worker_deaths.c.sha256 == key["sha256"], worker_deaths.c.step == step)
        conn.execute(update(worker_deaths).where(*where).values(deaths=found + 1, last_at=now))
    else:
        conn.execute(insert(worker_deaths).values(**key, deaths=1, last_at=now))
    return Death(sha256, step, found + 1)


def find_deaths(conn: Connection, sha256: str, step: str) -> int:
    """How many workers these bytes ended at this step."""
    where = (worker_deaths.c.sha256 == bytes.fromhex(sha256), worker_deaths.c.step == step)
    return conn.execute(select(worker_deaths.c.deaths).where(*where)).scalar() or 0


def list_marked(conn: Connection, step: str) -> list[str]:
    """SHA-256 of everything that ended a worker at this step, or is in quarantine."""
    died = conn.execute(select(worker_deaths.c.sha256).where(worker_deaths.c.step == step)).scalars()
    held = conn.execute(select(_held.sha256)).scalars() if step == EXAMINE else ()
    return sorted({digest.hex() for digest in (*died, *held)})


def hold(conn: Connection, held: Held) -> None:
    """Put bytes into quarantine; those there already stay as they are."""
    if find_held(conn, held.sha256) is None:
        values = {
            "sha256": bytes.fromhex(held.sha256),
            "length": held.length,
            "is_kept": held.is_kept,
            "trace_id": held.trace_id,
            "cause": held.cause,
            "envelope": json.dumps(dict(held.envelope), default=str),
            "held_at": held.held_at,
        }
        conn.execute(insert(quarantine).values(**values))


def list_held(conn: Connection) -> Sequence[Held]:
    """Everything in quarantine, oldest first."""
    return [_build(row) for row in conn.execute(select(quarantine).order_by(_held.held_at, _held.sha256))]


def find_held(conn: Connection, sha256: str) -> Held | None:
    """What is in quarantine under this SHA-256."""
    row = conn.execute(select(quarantine).where(_held.sha256 == bytes.fromhex(sha256))).first()
    return None if row is None else _build(row)


def find_by_prefix(conn: Connection, text: str) -> list[Held]:
    """What is in quarantine under a SHA-256 that begins so, or under this trace id."""
    return [each for each in list_held(conn) if text and (each.sha256.startswith(text) or each.trace_id == text)]


def measure_held(conn: Connection) -> int:
    """Octets kept in quarantine."""
    return int(conn.execute(select(func.coalesce(func.sum(_held.length), 0)).where(_held.is_kept)).scalar_one())


def release(conn: Connection, sha256: str) -> None:
    """Forget everything about these bytes: sent again, they are examined again."""
    digest = bytes.fromhex(sha256)
    conn.execute(delete(quarantine).where(_held.sha256 == digest))
    conn.execute(delete(worker_deaths).where(worker_deaths.c.sha256 == digest))


def drop(conn: Connection, sha256: str) -> None:
    """Remember that the bytes are no longer kept; sent again, they are still refused."""
    conn.execute(update(quarantine).where(_held.sha256 == bytes.fromhex(sha256)).values(is_kept=False))


def read_held(files: BodyFiles, held: Held) -> bytes:
    """The bytes; raises StoreUnavailable when the disk has them no more."""
    return files.read(held.sha256, Span(0, held.length))


def _build(row: Row[*tuple[Any, ...]]) -> Held:
    return Held(
        row.sha256.hex(), row.length, row.is_kept, row.trace_id, row.cause, json.loads(row.envelope), row.held_at
    )
