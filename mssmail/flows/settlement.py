"""How an attempt to deliver ends: item, journal and report to the sender in one transaction."""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mssmail.core.clock import Clock
from mssmail.core.envelope import Peer
from mssmail.core.queue import LastWord, QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.delivery.outcome import Deferred, Delivered, Failed, Outcome
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient
from mssmail.errors import WorkerFault
from mssmail.flows.bell import Bells
from mssmail.flows.figures import Figures
from mssmail.flows.poison import Mishap, build_patience, set_back
from mssmail.flows.reports import Reporter
from mssmail.journal import Entry, Event
from mssmail.policy.report import count_due_delays, may_report
from mssmail.policy.retry import GiveUp, RetryAt, Trial, Trouble, judge_retry
from mssmail.settings import Queue
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.messages import Delivered as Kept
from mssmail.store.messages import Delivery, KeptMessage, deliver
from mssmail.store.queue import settle

_log = logging.getLogger(__name__)

_REMEMBERED = ("rule", "server", "peer", "fingerprint", "tls", "cipher")  # of an attempt, with the item


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried for one item, and with whom. ``peer`` is None when no server was spoken to."""

    item: QueueItem
    outcome: Outcome
    peer: Peer | None = None
    trouble: Trouble = Trouble.RECIPIENT


@dataclass(frozen=True, slots=True)
class _Step:
    """What is written about one item, and what its sender is told of it."""

    item: QueueItem
    state: QueueState
    entry: Entry
    reply: Reply | None = None
    reason: str = ""
    next_try_at: datetime | None = None
    delays_told: int | None = None
    action: Action | None = None
    told: ReportedRecipient | None = None


class Settlement:
    """Settles attempts. When ``settle`` returns, the outcome is on the disk; before, a crash means another attempt.

    That is where duplicates may come from: a peer that said 250 just before we died gets the message again, as RFC 5321
    §4.1.1.4 has it, and tells it by its Message-ID.
    """

    def __init__(
        self, settings: Queue, store: Store, reporter: Reporter, bells: Bells, clock: Clock, dice: random.Random
    ) -> None:
        self.figures = Figures()
        self._settings = settings
        self._patience = build_patience(settings)
        self._store = store
        self._reporter = reporter
        self._bells = bells
        self._clock = clock
        self._dice = dice

    async def settle(self, message: KeptMessage, attempts: Sequence[Attempt]) -> None:
        """Write down how these attempts on one message ended, and tell the sender what is to be told."""
        now = self._clock()
        steps, reports = await self._report(message, [self._judge(attempt, now) for attempt in attempts], now)
        kept = await asyncio.shield(asyncio.wrap_future(self._store.submit(lambda conn: _write(conn, steps, reports))))
        for step in steps:
            facts = step.entry.facts
            told = {"recipient": facts["recipient"], "answer": facts.get("reply") or facts.get("reason", "")}
            _log.info("%s", step.entry.event.value, extra={"id": step.item.trace_id, **told})
        self._bells.ring(*(placed.mailbox_id for report in kept for placed in report.placed))

    async def set_back(self, items: Sequence[QueueItem], reason: str) -> None:
        """A fault of ours ended these: they wait apart from the others, or are set aside for people."""
        mishap = Mishap(reason, self._clock(), self._dice.random())
        await asyncio.shield(
            asyncio.wrap_future(self._store.submit(lambda conn: set_back(conn, items, mishap, self._patience)))
        )

    def _judge(self, attempt: Attempt, now: datetime) -> _Step:
        item, outcome = attempt.item, attempt.outcome
        facts = _describe(attempt)
        if isinstance(outcome, Delivered):
            self.figures.note_delivery(item.recipient.domain, (now - item.queued_at).total_seconds())
            facts["seconds"] = round((now - item.queued_at).total_seconds(), 3)
            step = _Step(item, QueueState.DONE, Entry(now, Event.RELAYED, item.trace_id, facts), outcome.reply)
            return step if outcome.heeds_dsn else _tell(step, Action.RELAYED, attempt, now)
        reason = outcome.reason if isinstance(outcome, Deferred) else ""
        # A 5xx among what a peer said before the session broke settles nothing.
        is_word = outcome.reply is not None and (isinstance(outcome, Failed) or not outcome.reply.is_permanent)
        trial = Trial(item.attempts, item.queued_at, attempt.trouble, outcome.reply if is_word else None)
        answer = self._judge_retry(trial, now)
        self.figures.note_refusal(item.recipient.domain, answer.rule)
        match answer:
            case RetryAt(at, rule):
                waits = {**facts, "next_try_at": at.isoformat(), "rule": rule}
                entry = Entry(now, Event.DEFERRED, item.trace_id, waits)
                step = _Step(item, QueueState.WAITING, entry, outcome.reply, reason, at)
                return self._tell_delay(step, attempt, now)
            case GiveUp(rule):
                entry = Entry(now, Event.BOUNCED, item.trace_id, {**facts, "rule": rule})
                step = _Step(item, QueueState.FAILED, entry, outcome.reply, reason)
                return _tell(step, Action.FAILED, attempt, now)

    def _tell_delay(self, step: _Step, attempt: Attempt, now: datetime) -> _Step:
        item = step.item
        due = count_due_delays(item.queued_at, now, self._settings.delay_report_seconds)
        if due <= item.delays_told:
            return step
        # Counted also where nobody wants to hear of it, or it would be asked again and again.
        told = replace(_tell(step, Action.DELAYED, attempt, now), delays_told=due)
        if told.told is None:
            return told
        until = item.queued_at + timedelta(seconds=self._settings.give_up_seconds)
        return replace(told, told=replace(told.told, will_retry_until=until))

    def _judge_retry(self, trial: Trial, now: datetime) -> RetryAt | GiveUp:
        return judge_retry(trial, self._patience, now, self._dice.random())

    async def _report(
        self, message: KeptMessage, steps: Sequence[_Step], now: datetime
    ) -> tuple[list[_Step], dict[Action, Delivery]]:
        """The reports that are to be written with these steps, one for each kind; steps that must wait for theirs."""
        kept = list(steps)
        reports: dict[Action, Delivery] = {}
        for action in Action:
            recipients = tuple(step.told for step in kept if step.action is action and step.told is not None)
            if not recipients or message.reverse_path is None:
                continue
            about = ReportedMessage(
                message.reverse_path, message.data, message.trace_id, message.received_at, message.parameters
            )
            try:
                report = await self._reporter.prepare(Report(action, about, recipients), now)
            except WorkerFault as fault:
                _log.warning("%s: the %s report cannot be written now: %s", message.trace_id, action.value, fault)
                kept = [self._do_without(step, now) if step.action is action else step for step in kept]
            else:
                reports |= {} if report is None else {action: report}
        return kept, reports

    def _do_without(self, step: _Step, now: datetime) -> _Step:
        """What failed is not forgotten before the sender can be told; a delay is told later."""
        if step.action is not Action.FAILED:
            return replace(step, action=None, told=None, delays_told=None)
        soon = self._judge_retry(Trial(1, now, Trouble.OURS), now)
        at = soon.at if isinstance(soon, RetryAt) else now
        facts = {**step.entry.facts, "next_try_at": at.isoformat(), "reason": "the report cannot be written now"}
        entry = Entry(now, Event.DEFERRED, step.item.trace_id, facts)
        return _Step(step.item, QueueState.WAITING, entry, step.reply, step.reason, at)


def _tell(step: _Step, action: Action, attempt: Attempt, now: datetime) -> _Step:
    """The step with its report, if the sender wants one."""
    item, outcome = attempt.item, attempt.outcome
    if not may_report(action, item.reverse_path, item.parameters):
        return step
    server = "" if isinstance(outcome, Failed) and outcome.is_ours else _name_server(attempt.peer)
    told = ReportedRecipient(item.recipient, step.reply, step.reason, server, now, item.parameters.original)
    return replace(step, action=action, told=told)


def _write(conn: Connection, steps: Sequence[_Step], reports: Mapping[Action, Delivery]) -> Sequence[Kept]:
    kept = [deliver(conn, report) for report in reports.values()]
    for step in steps:
        entry = step.entry
        if step.action is not None and step.action in reports:
            facts = {**entry.facts, "report": reports[step.action].trace_id}
            entry = Entry(entry.at, entry.event, entry.trace_id, facts)
        append_entries(conn, (entry,))
        remembered = {key: entry.facts[key] for key in _REMEMBERED if key in entry.facts}
        settle(
            conn,
            step.item.id,
            step.state,
            next_try_at=step.next_try_at,
            last=LastWord(step.reply, step.reason, remembered),
            delays_told=step.delays_told,
            at=entry.at,
        )
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
