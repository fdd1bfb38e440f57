"""Mail on its way to peers: claimed with a lease, settled by outcome. The journal remembers what was settled."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, or_, select, update

from mssmail.core.address import parse_address
from mssmail.core.parameters import parse_mail_parameters, parse_recipient_parameters
from mssmail.core.queue import QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.store.messages import drop_unused_messages
from mssmail.store.schema import messages, queue


def claim(
    conn: Connection, now: datetime, limit: int, lease_until: datetime, *, without: Collection[str] = ()
) -> list[QueueItem]:
    """Items that are due, and those whose dispatcher let its lease run out; each counts an attempt more.

    Recipients in the domains ``without`` are left alone: their servers are busy enough.
    """
    is_due = or_(
        and_(queue.c.state == QueueState.WAITING.value, queue.c.next_try_at <= now),
        and_(queue.c.state == QueueState.SENDING.value, queue.c.leased_until <= now),
    )
    # A domain in normal form holds neither % nor _, and addresses are kept with it in that form.
    is_other = [queue.c.recipient.not_like(f"%@{domain}") for domain in without]
    due = select(queue.c.id).where(is_due, *is_other).order_by(queue.c.next_try_at, queue.c.id).limit(limit)
    taken = list(conn.execute(due).scalars())
    conn.execute(
        update(queue)
        .where(queue.c.id.in_(taken))
        .values(state=QueueState.SENDING.value, leased_until=lease_until, attempts=queue.c.attempts + 1)
    )
    return [_build(row) for row in conn.execute(_select().where(queue.c.id.in_(taken)))]


def settle(
    conn: Connection,
    item_id: int,
    state: QueueState,
    *,
    next_try_at: datetime | None = None,
    reply: Reply | None = None,
    error: str = "",
    delays_told: int | None = None,
) -> bool:
    """Note how an attempt ended; False when the item has gone.

    DONE and FAILED remove the item, and the message when nothing else needs it: put what must not be lost (a delivery
    report, the journal entry) into the same transaction, before. WAITING needs ``next_try_at``; HELD waits for people.
    """
    if state in {QueueState.DONE, QueueState.FAILED}:
        return _remove(conn, item_id)
    if state is QueueState.SENDING or (state is QueueState.WAITING) != (next_try_at is not None):
        raise ValueError("an item that waits has a time for its next try, and no other has")
    values: dict[str, object] = {"state": state.value, "leased_until": None, "last_error": error}
    if delays_told is not None:
        values["delays_told"] = delays_told
    values["last_reply"] = None if reply is None else json.dumps([reply.code, reply.status, reply.text])
    if next_try_at is not None:
        values["next_try_at"] = next_try_at
    return conn.execute(update(queue).where(queue.c.id == item_id).values(values)).rowcount > 0


def release_leases(conn: Connection, now: datetime) -> int:
    """Let everything that is leased come due now; how many there were.

    For a dispatcher that begins and is the only one of this store: what is leased then, was a dead one's.
    """
    is_leased = queue.c.state == QueueState.SENDING.value
    values = {"state": QueueState.WAITING.value, "leased_until": None, "next_try_at": now}
    return conn.execute(update(queue).where(is_leased).values(values)).rowcount


def list_items(conn: Connection, *, after_id: int = 0, limit: int = 500) -> Sequence[QueueItem]:
    """What is on its way, oldest first; page on with the last one's id."""
    return [_build(row) for row in conn.execute(_select().where(queue.c.id > after_id).limit(limit))]


def find_item(conn: Connection, item_id: int) -> QueueItem | None:
    """One item, or None when it has left the queue."""
    row = conn.execute(_select().where(queue.c.id == item_id)).one_or_none()
    return None if row is None else _build(row)


def hold(conn: Connection, item_id: int) -> bool:
    """Keep a waiting item until people release it; False when it is not waiting (being sent, held, gone)."""
    return _move(conn, item_id, QueueState.WAITING, {"state": QueueState.HELD.value})


def release(conn: Connection, item_id: int, now: datetime) -> bool:
    """Let a held item go on, due at once; False when it is not held."""
    return _move(conn, item_id, QueueState.HELD, {"state": QueueState.WAITING.value, "next_try_at": now})


def retry(conn: Connection, item_id: int, now: datetime) -> bool:
    """Make a waiting item due now; False when it is not waiting."""
    return _move(conn, item_id, QueueState.WAITING, {"next_try_at": now})


def _move(conn: Connection, item_id: int, state: QueueState, values: dict[str, object]) -> bool:
    """Only from the state named: what a dispatcher has leased is its own."""
    wanted = and_(queue.c.id == item_id, queue.c.state == state.value)
    return conn.execute(update(queue).where(wanted).values(values)).rowcount > 0


def find_next_try(conn: Connection) -> datetime | None:
    """When the next item comes due or a lease runs out: the dispatcher need not look before. None: nothing waits."""
    waiting = select(func.min(queue.c.next_try_at)).where(queue.c.state == QueueState.WAITING.value)
    leased = select(func.min(queue.c.leased_until)).where(queue.c.state == QueueState.SENDING.value)
    moments = [conn.execute(wanted).scalar() for wanted in (waiting, leased)]
    return min((moment for moment in moments if moment is not None), default=None)


def count_items(conn: Connection) -> dict[QueueState, int]:
    """How many items stand where, for metrics."""
    counted = conn.execute(select(queue.c.state, func.count()).group_by(queue.c.state))
    found: dict[str, int] = {state: number for state, number in counted}
    return {state: found.get(state.value, 0) for state in (QueueState.WAITING, QueueState.SENDING, QueueState.HELD)}


def find_oldest(conn: Connection) -> datetime | None:
    """When the oldest item was queued; None: the queue is empty."""
    oldest: datetime | None = conn.execute(select(func.min(queue.c.queued_at))).scalar()
    return oldest


def _remove(conn: Connection, item_id: int) -> bool:
    gone = conn.execute(delete(queue).where(queue.c.id == item_id).returning(queue.c.message_id)).scalar()
    if gone is None:
        return False
    drop_unused_messages(conn, [gone])
    return True


def _select() -> Select[Any]:
    joined = queue.join(messages, messages.c.id == queue.c.message_id)
    of_message = (messages.c.trace_id, messages.c.reverse_path, messages.c.parameters.label("mail_parameters"))
    return select(queue, *of_message).select_from(joined).order_by(queue.c.id)


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
    )
