"""Keeping what is known of the servers our mail goes to: it outlives the process, and administrators look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import sqlite

from mssmail.core.lane import PeerState
from mssmail.store.peer_tables import peer_sizes, peers

_MAX_INTEGER = 2**63 - 1  # a peer may announce what it likes


@dataclass(frozen=True, slots=True)
class PeerSize:
    """What a domain's server said it takes, and when it said so last."""

    domain: str
    max_bytes: int
    learnt_at: datetime


def load_peers(conn: Connection) -> dict[str, PeerState]:
    """Everything known, by lane."""
    return {row.lane: _build(row) for row in conn.execute(select(peers).order_by(peers.c.lane))}


def find_peer(conn: Connection, lane: str) -> PeerState:
    """What is known of one lane's servers; nothing, when they were never met."""
    row = conn.execute(select(peers).where(peers.c.lane == lane)).one_or_none()
    return PeerState(lane) if row is None else _build(row)


def save_peer(conn: Connection, state: PeerState) -> None:
    """Remember it. A TLS floor that is known stays unless the new one is higher: only ``lower_floor`` takes it down."""
    known = find_peer(conn, state.lane)
    values = {
        "lane": state.lane,
        "failures": state.failures,
        "failed_since": state.failed_since,
        "rests_until": state.rests_until,
        "reason": state.reason,
        "tls_floor": max(state.tls_floor, known.tls_floor),
    }
    if conn.execute(update(peers).where(peers.c.lane == state.lane).values(values)).rowcount == 0:
        conn.execute(insert(peers).values(values))


def wake_peer(conn: Connection, lane: str) -> bool:
    """End the lane's rest; False when it does not rest."""
    resting = update(peers).where(peers.c.lane == lane, peers.c.rests_until.is_not(None))
    return conn.execute(resting.values(rests_until=None)).rowcount > 0


def lower_floor(conn: Connection, lane: str) -> bool:
    """Forget which TLS version was spoken, for a peer that had to go back; False when none is known."""
    known = update(peers).where(peers.c.lane == lane, peers.c.tls_floor != "")
    return conn.execute(known.values(tls_floor="")).rowcount > 0


def load_sizes(conn: Connection, since: datetime, limit: int) -> Sequence[PeerSize]:
    """What was said since then, the oldest first; of too many the latest."""
    latest = select(peer_sizes).where(peer_sizes.c.learnt_at >= since).order_by(peer_sizes.c.learnt_at.desc())
    return [PeerSize(row.domain, row.max_bytes, row.learnt_at) for row in conn.execute(latest.limit(limit))][::-1]


def save_size(conn: Connection, size: PeerSize) -> None:
    """Remember it in place of what was said before."""
    values = {"max_bytes": min(size.max_bytes, _MAX_INTEGER), "learnt_at": size.learnt_at}
    said = sqlite.insert(peer_sizes).values(domain=size.domain, **values)
    conn.execute(said.on_conflict_do_update(index_elements=["domain"], set_=values))


def forget_size(conn: Connection, domain: str) -> None:
    """The domain's server sets no limit any more."""
    conn.execute(delete(peer_sizes).where(peer_sizes.c.domain == domain))


def _build(row: Row[*tuple[Any, ...]]) -> PeerState:
    return PeerState(
        lane=row.lane,
        failures=row.failures,
        failed_since=row.failed_since,
        rests_until=row.rests_until,
        reason=row.reason,
        tls_floor=row.tls_floor,
    )
