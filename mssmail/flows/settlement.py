"""How an attempt to deliver ends: item, journal and report to the sender in one transaction."""

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mssmail.core.clock import Clock
from mssmail.core.envelope import Peer
from mssmail.core.queue import QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.delivery.dsn import FailedRecipient
from mssmail.delivery.outcome import Deferred, Delivered, Failed, Outcome
from mssmail.errors import WorkerFault
from mssmail.flows.bell import Bells
from mssmail.flows.reports import Reporter
from mssmail.journal import Entry, Event
from mssmail.policy.retry import GiveUp, RetryAt, judge_retry
from mssmail.settings import Queue
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.messages import Delivered as Kept
from mssmail.store.messages import Delivery, KeptMessage, deliver
from mssmail.store.queue import settle

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried for one item, and with whom. ``peer`` is None when no server was spoken to."""

    item: QueueItem
    outcome: Outcome
    peer: Peer | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """What is written about one item."""

    item: QueueItem
    state: QueueState
    entry: Entry
    reply: Reply | None = None
    reason: str = ""
    next_try_at: datetime | None = None
    failure: FailedRecipient | None = None


class Settlement:
    """Settles attempts. When ``settle`` returns, the outcome is on the disk; before, a crash means another attempt.

    That is where duplicates may come from: a peer that said 250 just before we died gets the message again, as RFC 5321
    §4.1.1.4 has it, and tells it by its Message-ID.
    """

    def __init__(
        self, settings: Queue, store: Store, reporter: Reporter, bells: Bells, clock: Clock, dice: random.Random
    ) -> None:
        self._settings = settings
        self._store = store
        self._reporter = reporter
        self._bells = bells
        self._clock = clock
        self._dice = dice

    async def settle(self, message: KeptMessage, attempts: Sequence[Attempt]) -> None:
        """Write down how these attempts on one message ended, and tell the sender what is given up."""
        now = self._clock()
        steps = [self._judge(attempt, now) for attempt in attempts]
        failures = tuple(step.failure for step in steps if step.failure is not None)
        report = None
        if failures:
            try:
                report = await self._reporter.prepare(message, failures, now)
            except WorkerFault:
                # The sender must be told: what failed is not forgotten before the report can be written.
                steps = [step if step.failure is None else self._put_off(step, now) for step in steps]
        kept = await asyncio.shield(asyncio.wrap_future(self._store.submit(lambda conn: _write(conn, steps, report))))
        for step in steps:
            facts = step.entry.facts
            told = {"recipient": facts["recipient"], "answer": facts.get("reply") or facts.get("reason", "")}
            _log.info("%s", step.entry.event.value, extra={"id": step.item.trace_id, **told})
        if kept is not None:
            self._bells.ring(*(placed.mailbox_id for placed in kept.placed))

    def _judge(self, attempt: Attempt, now: datetime) -> _Step:
        item, outcome = attempt.item, attempt.outcome
        facts = _describe(attempt)
        if isinstance(outcome, Delivered):
            return _Step(item, QueueState.DONE, Entry(now, Event.RELAYED, item.trace_id, facts))
        reason = outcome.reason if isinstance(outcome, Deferred) else ""
        final = outcome.reply if isinstance(outcome, Failed) else None
        waits, end = self._settings.retry_seconds, self._settings.give_up_seconds
        match judge_retry(item.attempts, item.queued_at, now, final, waits, end, self._dice.random()):
            case RetryAt(at):
                entry = Entry(now, Event.DEFERRED, item.trace_id, {**facts, "next_try_at": at.isoformat()})
                return _Step(item, QueueState.WAITING, entry, outcome.reply, reason, at)
            case GiveUp(rule):
                entry = Entry(now, Event.BOUNCED, item.trace_id, {**facts, "rule": rule})
                server = "" if isinstance(outcome, Failed) and outcome.is_ours else _name_server(attempt.peer)
                failure = FailedRecipient(item.recipient, outcome.reply, reason, server, now)
                return _Step(item, QueueState.FAILED, entry, outcome.reply, reason, failure=failure)

    def _put_off(self, step: _Step, now: datetime) -> _Step:
        soon = judge_retry(1, now, now, None, self._settings.retry_seconds, 3_600, self._dice.random())
        at = soon.at if isinstance(soon, RetryAt) else now
        facts = {**step.entry.facts, "next_try_at": at.isoformat(), "reason": "the report cannot be written now"}
        entry = Entry(now, Event.DEFERRED, step.item.trace_id, facts)
        return _Step(step.item, QueueState.WAITING, entry, step.reply, step.reason, at)


def _write(conn: Connection, steps: Sequence[_Step], report: Delivery | None) -> Kept | None:
    kept = None if report is None else deliver(conn, report)
    for step in steps:
        entry = step.entry
        if step.failure is not None and report is not None:
            entry = Entry(entry.at, entry.event, entry.trace_id, {**entry.facts, "report": report.trace_id})
        append_entries(conn, (entry,))
        settle(conn, step.item.id, step.state, next_try_at=step.next_try_at, reply=step.reply, error=step.reason)
    return kept


def _describe(attempt: Attempt) -> dict[str, object]:
    facts: dict[str, object] = {"recipient": str(attempt.item.recipient), "attempts": attempt.item.attempts}
    if isinstance(attempt.outcome, Deferred):
        facts["reason"] = attempt.outcome.reason
    if attempt.outcome.reply is not None:
        facts["reply"] = str(attempt.outcome.reply)
    if attempt.peer is not None:
        peer = attempt.peer
        facts |= {"server": f"{peer.address}:{peer.port}", "peer": peer.subject, "fingerprint": peer.fingerprint}
        if peer.tls is not None:
            facts |= {"tls": peer.tls.version, "cipher": peer.tls.cipher}
    return facts


def _name_server(peer: Peer | None) -> str:
    return "" if peer is None else peer.helo or peer.address
