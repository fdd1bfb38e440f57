"""Mail on its way to peers: claimed lane by lane with a lease, settled by outcome; the journal remembers.

A lane is what goes one way together (``core.lane``). What a dispatcher does is here; what people do to it, in
``store.steering``.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, select, update

from mssmail.core.address import Address, parse_address
from mssmail.core.clock import read_clock
from mssmail.core.lane import PeerState
from mssmail.core.parameters import parse_mail_parameters, parse_recipient_parameters
from mssmail.core.queue import LastWord, QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.errors import BadSyntax
from mssmail.store.list_posts import note_settled
from mssmail.store.messages import PAGE, drop_unused_messages
from mssmail.store.peers import load_peers
from mssmail.store.prepared import Prepared
from mssmail.store.schema import messages, queue

_WAITING, _SENDING = QueueState.WAITING.value, QueueState.SENDING.value
_SILENCE = LastWord()
_NOBODY = Address("damaged", "invalid")
_MAX_TOGETHER = 1_000  # recipients of one message claimed at a time, whatever the limit: they share a transaction

_of_lane = (queue.c.state == _WAITING, queue.c.lane == bindparam("of_lane"))
_FIND_DUE = Prepared(
    select(queue.c.id, queue.c.message_id)
    .where(*_of_lane, queue.c.next_try_at <= bindparam("now"))
    .order_by(queue.c.next_try_at, queue.c.id)
    .limit(bindparam("at_most"))
)
_REMOVE = Prepared(delete(queue).where(queue.c.id == bindparam("of_item")).returning(queue.c.message_id))
_HAS_MORE = Prepared(select(queue.c.id).where(queue.c.message_id == bindparam("of_message")).limit(1))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lane in which something waits: when its first item comes due, and what is known of its peer."""

    lane: str
    due_at: datetime
    peer: PeerState


def list_waiting(conn: Connection) -> list[Waiting]:
    """Every lane in which something waits. It costs a few looks into an index a lane, however much waits in it."""
    is_waiting = queue.c.state == _WAITING
    lanes = select(func.min(queue.c.lane).label("lane")).where(is_waiting).cte("lanes", recursive=True)
    following = select(func.min(queue.c.lane)).where(is_waiting, queue.c.lane > lanes.c.lane).scalar_subquery()
    lanes = lanes.union_all(select(following).where(lanes.c.lane.is_not(None)))
    due_at = select(func.min(queue.c.next_try_at)).where(is_waiting, queue.c.lane == lanes.c.lane).scalar_subquery()
    known = load_peers(conn)
    rows = conn.execute(select(lanes.c.lane, due_at.label("due_at")).where(lanes.c.lane.is_not(None)))
    return [Waiting(row.lane, row.due_at, known.get(row.lane, PeerState(row.lane))) for row in rows]


def claim(conn: Connection, now: datetime, wanted: Mapping[str, int], lease_until: datetime) -> list[QueueItem]:
    """Of each lane wanted as many due items as said, oldest first; each counts an attempt more.

    All recipients of a message that wait in a lane come together, even when they are more.
    """
    taken: list[int] = []
    for lane, number in wanted.items():
        rows = _FIND_DUE.fetch_all(conn, {"of_lane": lane, "now": now, "at_most": number})
        ids = {row[0]: None for row in rows}
        ids |= dict.fromkeys(_find_companions(conn, lane, now, {row[1] for row in rows}))
        taken += ids
    return _lease(conn, taken, lease_until, attempts=1)


def claim_overdue(
    conn: Connection, lanes: Collection[str], before: Sequence[tuple[datetime, int]], lease_until: datetime, limit: int
) -> list[QueueItem]:
    """Items of resting lanes that something must be said about, though nothing is tried: no attempt is counted.

    ``before`` are (moment, number): queued by then, with fewer than so many delay reports told.
    """
    taken: list[int] = []
    for queued_by, told in before:
        overdue = (
            select(queue.c.id)
            .where(queue.c.state == _WAITING, queue.c.lane.in_(lanes), queue.c.id.not_in(taken))
            .where(queue.c.queued_at <= queued_by, queue.c.delays_told < told)
            .order_by(queue.c.id)
            .limit(limit - len(taken))
        )
        taken += conn.execute(overdue).scalars()
    return _lease(conn, taken, lease_until, attempts=0)


def renew_leases(conn: Connection, item_ids: Iterable[int], lease_until: datetime) -> None:
    """Whoever holds these items is alive and needs longer."""
    for page in _cut(list(item_ids)):
        wanted = update(queue).where(queue.c.id.in_(page), queue.c.state == _SENDING)
        conn.execute(wanted.values(leased_until=lease_until))


def release_expired(conn: Connection, now: datetime) -> int:
    """Let what a dead dispatcher held too long come due now; how many there were."""
    expired = update(queue).where(queue.c.state == _SENDING, queue.c.leased_until <= now)
    return conn.execute(expired.values(state=_WAITING, leased_until=None, next_try_at=now)).rowcount


def release_leases(conn: Connection, now: datetime) -> int:
    """Let everything that is leased come due now; how many there were.

    For a dispatcher that begins and is the only one of this store: what is leased then, was a dead one's.
    """
    leased = update(queue).where(queue.c.state == _SENDING)
    return conn.execute(leased.values(state=_WAITING, leased_until=None, next_try_at=now)).rowcount


def settle(  # noqa: PLR0913 - one a column
    conn: Connection,
    item_id: int,
    state: QueueState,
    *,
    next_try_at: datetime | None = None,
    last: LastWord = _SILENCE,
    delays_told: int | None = None,
    crashes: int = 0,
    at: datetime | None = None,
) -> bool:
    """Note how an attempt ended, at this time (now, when left out); False when the item has gone.

    DONE and FAILED remove the item, and the message when nothing else needs it: put what must not be lost (a delivery
    report, the journal entry) into the same transaction, before. WAITING needs ``next_try_at``; HELD waits for people.
    """
    if state in {QueueState.DONE, QueueState.FAILED}:
        answer = last.error if last.reply is None else str(last.reply)
        note_settled(conn, item_id, delivered=state is QueueState.DONE, answer=answer, now=at or read_clock())
        return remove_item(conn, item_id)
    if state is QueueState.SENDING or (state is QueueState.WAITING) != (next_try_at is not None):
        raise ValueError("an item that waits has a time for its next try, and no other has")
    reply = last.reply
    values: dict[str, object] = {"state": state.value, "leased_until": None, "crashes": crashes}
    if delays_told is not None:
        values["delays_told"] = delays_told
    values |= {"last_error": last.error, "last_facts": json.dumps(dict(last.facts), default=str)}
    values["last_reply"] = None if reply is None else json.dumps([reply.code, reply.status, reply.text])
    if next_try_at is not None:
        values["next_try_at"] = next_try_at
    return conn.execute(update(queue).where(queue.c.id == item_id).values(values)).rowcount > 0


def give_back(conn: Connection, item_ids: Iterable[int], at: datetime) -> None:
    """Put back what was claimed and not tried: as it was before, due at ``at``."""
    values = {"state": _WAITING, "leased_until": None, "next_try_at": at, "attempts": func.max(queue.c.attempts - 1, 0)}
    for page in _cut(list(item_ids)):
        conn.execute(update(queue).where(queue.c.id.in_(page), queue.c.state == _SENDING).values(values))


def remove_item(conn: Connection, item_id: int) -> bool:
    """Take it out of the queue, and its message out of the store when nothing else needs it; False when it has gone."""
    gone = _REMOVE.fetch(conn, {"of_item": item_id})
    if gone is None:
        return False
    if _HAS_MORE.fetch(conn, {"of_message": gone[0]}) is None:  # the last of fifty thousand looks further
        drop_unused_messages(conn, [gone[0]])
    return True


def list_items(
    conn: Connection, *, after_id: int = 0, limit: int = 500, lane: str = "", state: QueueState | None = None
) -> Sequence[QueueItem]:
    """What is on its way, oldest first; page on with the last one's id."""
    wanted = select_items().where(queue.c.id > after_id).limit(limit)
    if lane:
        wanted = wanted.where(queue.c.lane == lane)
    if state is not None:
        wanted = wanted.where(queue.c.state == state.value)
    return [build_item(row) for row in conn.execute(wanted)]


def find_item(conn: Connection, item_id: int) -> QueueItem | None:
    """One item, or None when it has left the queue."""
    row = conn.execute(select_items().where(queue.c.id == item_id)).one_or_none()
    return None if row is None else build_item(row)


def load_items(conn: Connection, item_ids: Sequence[int]) -> list[QueueItem]:
    """Those of these items that are still in the queue, oldest first."""
    rows = (row for page in _cut(item_ids) for row in conn.execute(select_items().where(queue.c.id.in_(page))))
    return [build_item(row) for row in rows]


def count_items(conn: Connection) -> dict[QueueState, int]:
    """How many items stand where, for metrics."""
    counted = conn.execute(select(queue.c.state, func.count()).group_by(queue.c.state))
    found: dict[str, int] = {state: number for state, number in counted}
    return {state: found.get(state.value, 0) for state in (QueueState.WAITING, QueueState.SENDING, QueueState.HELD)}


def find_oldest(conn: Connection) -> datetime | None:
    """When the oldest item was queued; None: the queue is empty."""
    oldest: datetime | None = conn.execute(select(func.min(queue.c.queued_at))).scalar()
    return oldest


def select_items() -> Select[Any]:
    """Items with what their messages say of them; ``build_item`` reads a row."""
    joined = queue.join(messages, messages.c.id == queue.c.message_id)
    of_message = (messages.c.trace_id, messages.c.reverse_path, messages.c.parameters.label("mail_parameters"))
    return select(queue, *of_message).select_from(joined).order_by(queue.c.id)


def build_item(row: Row[*tuple[Any, ...]]) -> QueueItem:
    """An item from a row of ``select_items``; one that cannot be read says so, and has nobody for its recipient."""
    try:
        return _build(row)
    except (BadSyntax, ValueError, TypeError) as error:
        return QueueItem(
            id=row.id,
            trace_id=row.trace_id,
            message_id=row.message_id,
            reverse_path=None,
            recipient=_NOBODY,
            state=QueueState(row.state),
            attempts=row.attempts,
            queued_at=row.queued_at,
            next_try_at=row.next_try_at,
            last_error=f"damaged in the store: {error}",
            lane=row.lane,
            is_damaged=True,
        )


def _build(row: Row[*tuple[Any, ...]]) -> QueueItem:
    return QueueItem(
        id=row.id,
        trace_id=row.trace_id,
        message_id=row.message_id,
        reverse_path=None if row.reverse_path is None else parse_address(row.reverse_path),
        recipient=parse_address(row.recipient),
        state=QueueState(row.state),
        attempts=row.attempts,
        queued_at=row.queued_at,
        next_try_at=row.next_try_at,
        leased_until=row.leased_until,
        last_reply=None if row.last_reply is None else Reply(*json.loads(row.last_reply)),
        last_error=row.last_error,
        mail=parse_mail_parameters(row.mail_parameters),
        parameters=parse_recipient_parameters(row.parameters),
        delays_told=row.delays_told,
        lane=row.lane,
        crashes=row.crashes,
        last_facts=json.loads(row.last_facts),
    )


def _find_companions(conn: Connection, lane: str, now: datetime, message_ids: Collection[int]) -> list[int]:
    """Other due recipients of these messages in the same lane."""
    if not message_ids:
        return []
    wanted = (
        select(queue.c.id)
        .where(queue.c.state == _WAITING, queue.c.lane == lane, queue.c.next_try_at <= now)
        .where(queue.c.message_id.in_(sorted(message_ids)))
        .order_by(queue.c.id)
        .limit(_MAX_TOGETHER)
    )
    return list(conn.execute(wanted).scalars())


def _lease(conn: Connection, item_ids: Sequence[int], lease_until: datetime, *, attempts: int) -> list[QueueItem]:
    values = {"state": _SENDING, "leased_until": lease_until, "attempts": queue.c.attempts + attempts}
    for page in _cut(item_ids):
        conn.execute(update(queue).where(queue.c.id.in_(page)).values(values))
    found = load_items(conn, item_ids)
    for item in found:
        if item.is_damaged:  # it must not keep the others: people are to look at it
            settle(conn, item.id, QueueState.HELD, last=LastWord(error=item.last_error))
    return [item for item in found if not item.is_damaged]


def _cut(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
