"""What people do to mail in the queue: each act only from the states where nobody else holds the item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from mssmail.core.address import Address
from mssmail.core.endpoint import Endpoint
from mssmail.core.lane import name_lane
from mssmail.core.parameters import RecipientParameters
from mssmail.core.queue import QueueState
from mssmail.store.queue import find_item
from mssmail.store.schema import queue

_WAITING, _HELD = QueueState.WAITING, QueueState.HELD


def hold(conn: Connection, item_id: int) -> bool:
    """Keep a waiting item until people release it; False when it is not waiting (being sent, held, gone)."""
    return _move(conn, item_id, (_WAITING,), {"state": _HELD.value})


def release(conn: Connection, item_id: int, now: datetime) -> bool:
    """Let a held item go on, due at once and free of suspicion; False when it is not held."""
    return _move(conn, item_id, (_HELD,), {"state": _WAITING.value, "next_try_at": now, "crashes": 0})


def retry(conn: Connection, item_id: int, now: datetime) -> bool:
    """Make a waiting item due now; False when it is not waiting."""
    return _move(conn, item_id, (_WAITING,), {"next_try_at": now})


def take_out(conn: Connection, item_id: int) -> bool:
    """Hold a waiting or held item, because an administrator is about to end it; False when it is neither."""
    return _move(conn, item_id, (_WAITING, _HELD), {"state": _HELD.value})


@dataclass(frozen=True, slots=True)
class Course:
    """Where an item is to go: to another recipient, by another server of the domain, with these parameters of RCPT."""

    to: Address | None = None
    via: Endpoint | None = None
    parameters: RecipientParameters | None = None


def redirect(conn: Connection, item_id: int, now: datetime, course: Course) -> bool:
    """Send a waiting or held item another way, due now.

    False when it is neither waiting nor held. Whether mail may go there is asked when it is tried, as always.
    """
    item = find_item(conn, item_id)
    if item is None:
        return False
    recipient = course.to or item.recipient
    values: dict[str, object] = {"state": _WAITING.value, "next_try_at": now, "crashes": 0, "attempts": 0}
    values |= {"recipient": str(recipient), "lane": name_lane(recipient, course.via)}
    values["parameters"] = (course.parameters or item.parameters).encode()
    return _move(conn, item_id, (_WAITING, _HELD), values)


def _move(conn: Connection, item_id: int, states: tuple[QueueState, ...], values: Mapping[str, object]) -> bool:
    """Only from the states named: what a dispatcher has leased is its own."""
    wanted = update(queue).where(queue.c.id == item_id, queue.c.state.in_([state.value for state in states]))
    return conn.execute(wanted.values(dict(values))).rowcount > 0
