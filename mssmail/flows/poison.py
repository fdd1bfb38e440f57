"""Items this server died on, or that a fault of ours ended: tried apart from the others, then set aside for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mssmail.core.queue import LastWord, QueueItem, QueueState
from mssmail.journal import Entry, Event
from mssmail.policy.retry import Patience, SetAside, judge_mishap
from mssmail.settings import Queue
from mssmail.store.engine import Connection
from mssmail.store.journal import append_entries
from mssmail.store.queue import settle

DIED = "the server died while it was handing this over"


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happened to items that were being handed over; ``chance`` is from 0 to 1."""

    reason: str
    at: datetime
    chance: float


def build_patience(settings: Queue) -> Patience:
    """What the settings say of trying again."""
    return Patience(settings.retry_seconds, settings.give_up_seconds, settings.set_aside_after)


def set_back(conn: Connection, items: Sequence[QueueItem], mishap: Mishap, patience: Patience) -> int:
    """Count the mishap against each: it waits, or is held for people and journalled; how many are held."""
    held = 0
    for item in items:
        crashes = item.crashes + 1
        answer = judge_mishap(crashes, patience, mishap.at, mishap.chance)
        at = None if isinstance(answer, SetAside) else answer.at
        held += at is None
        facts: dict[str, object] = {"recipient": str(item.recipient), "attempts": item.attempts, "crashes": crashes}
        facts |= {"reason": mishap.reason, "rule": answer.rule}
        if at is not None:
            facts["next_try_at"] = at.isoformat()
        event = Event.SET_ASIDE if at is None else Event.DEFERRED
        append_entries(conn, (Entry(mishap.at, event, item.trace_id, facts),))
        settle(
            conn,
            item.id,
            QueueState.HELD if at is None else QueueState.WAITING,
            next_try_at=at,
            last=LastWord(item.last_reply, mishap.reason, {**item.last_facts, "rule": answer.rule}),
            crashes=crashes,
        )
    return held
