"""Documents on their way into the software that keeps them: from a durable outbox, at least once, patient by patient.

A delivery is owed in the transaction that delivers its message, and settled in one that also owes the receipt: a crash
at any step means another attempt under the same key, never a loss.
"""

import asyncio
import json
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.core.address import Address
from mssmail.core.clock import Clock, read_clock
from mssmail.core.filing import Filed, Filing, FilingOutcome, NotNow, NotTaken
from mssmail.core.receipt import Disposition, ReceiptOrder
from mssmail.documents.inspect import Reading
from mssmail.documents.parcel import EVIDENCE, SUMMARY, Parcel, build_parcel
from mssmail.errors import BadDocument
from mssmail.flows.filing_directory import file_into
from mssmail.flows.filing_http import Endpoint, Part, load_context, post_parts
from mssmail.flows.rounds import Rounds, find_wait
from mssmail.journal import Entry, Event
from mssmail.mime.parts import scan
from mssmail.mime.receipt import asks_for_receipt
from mssmail.policy.retry import GiveUp, Patience, Trial, judge_retry
from mssmail.settings import Connector, Settings
from mssmail.store.engine import Connection, Store
from mssmail.store.filings import bury, count_filings, find_next_due, finish, list_due, put_off
from mssmail.store.journal import append_entries
from mssmail.store.messages import KeptMessage, load_message
from mssmail.store.receipts import order_receipt
from mssmail.workers.reader import open_layer

_log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 5.0  # after a fault of ours
_MIN_SECRET: Final = 16


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is handed over for one delivery."""

    parcel: Parcel
    summary: bytes
    evidence: bytes
    wants_receipt: bool


class Filer:
    """Serves the outbox, a task a connector. ``wake`` it when something was ordered."""

    def __init__(
        self, settings: Settings, store: Store, wake_receipts: Callable[[], None], *, clock: Clock = read_clock
    ) -> None:
        self._settings, self._store, self._wake_receipts, self._clock = settings, store, wake_receipts, clock
        documents = settings.documents
        self._reading = Reading(frozenset(documents.neutral_loinc), documents.test_space)
        self._dice = random.Random()  # noqa: S311 - it spreads load, it hides nothing
        self._rounds = {connector.name: self._plan(connector) for connector in settings.connector}

    async def start(self) -> None:
        """Begin; what was owed before the last stop is handed over now."""
        counts = await asyncio.wrap_future(self._store.read(count_filings))
        for (name, state), number in counts.items():
            if name not in self._rounds:
                told = "%d deliveries (%s) are owed to %s, which is not configured: mssmail connector list"
                _log.warning(told, number, state.value, name)
        for rounds in self._rounds.values():
            await rounds.start()

    def wake(self) -> None:
        """Something was ordered."""
        for rounds in self._rounds.values():
            rounds.wake()

    async def stop(self, patience_seconds: float = 10.0) -> None:
        """Let what is under way end, but not for long: what is cut off is tried again under the same key."""
        await asyncio.gather(*(rounds.stop(patience_seconds) for rounds in self._rounds.values()))

    def _plan(self, connector: Connector) -> Rounds:
        told = f"connector {connector.name} cannot be served now"
        return Rounds(told, lambda: self._serve(connector), _AGAIN_SECONDS)

    async def _serve(self, connector: Connector) -> float:
        if pause := await self.file_due(connector):
            await self._rounds[connector.name].rest(pause)  # in trouble: a new message does not change that
            return 0.0
        due_at = await asyncio.wrap_future(self._store.read(lambda conn: find_next_due(conn, connector.name)))
        return find_wait(due_at, self._clock())

    async def file_due(self, connector: Connector) -> float:
        """Hand over all that is due; the seconds to rest when nothing of the last batch was taken, else 0."""
        while not self._rounds[connector.name].is_stopping:
            now = self._clock()
            due = await asyncio.wrap_future(
                self._store.read(
                    lambda conn, now=now: list_due(conn, connector.name, now, max(1, connector.max_concurrent))  # type: ignore[misc]
                )
            )
            if not due:
                return 0.0
            outcomes = await asyncio.gather(*(self._file(connector, filing) for filing in due))
            if all(isinstance(outcome, NotNow) for outcome in outcomes):
                return min(30.0, (connector.retry_seconds or (10,))[0] / 2)
        return 0.0

    async def _file(self, connector: Connector, filing: Filing) -> FilingOutcome:
        message = await asyncio.wrap_future(self._store.read(lambda conn: load_message(conn, filing.message_id)))
        wants_receipt = False
        try:
            prepared = await asyncio.to_thread(self._prepare, filing, message)
            wants_receipt = prepared.wants_receipt
            outcome = await self._hand_over(connector, filing, prepared)
        except (OSError, ValueError, BadDocument) as error:  # a key that cannot be read, an archive that cannot
            outcome = NotNow(str(error) or type(error).__name__)
        except Exception as error:  # one delivery's fault must not keep the others waiting
            _log.exception("a delivery to %s failed", connector.name)
            outcome = NotNow(f"internal fault: {type(error).__name__}")
        now = self._clock()
        write = self._store.submit(
            lambda conn: self._settle(conn, connector, filing, outcome, now, wants_receipt=wants_receipt)
        )
        await asyncio.shield(asyncio.wrap_future(write))
        if wants_receipt:
            self._wake_receipts()
        facts = {"id": filing.trace_id, "connector": connector.name}
        _log.info("documents %s", type(outcome).__name__.lower(), extra=facts)
        return outcome

    def _prepare(self, filing: Filing, message: KeptMessage | None) -> _Prepared:
        """For a thread: the message is read again. It was read before in a process of its own, and held no fault."""
        if message is None:  # nothing but a repaired database could have lost it
            raise BadDocument("the message has gone")
        parcel = build_parcel(open_layer(message.data), self._reading)
        about = {
            "key": filing.key,
            "trace_id": filing.trace_id,
            "account": str(filing.recipient),
            "sender": str(message.reverse_path or ""),
            "received_at": message.received_at.isoformat(),
            "verdict": message.summary,
            "message_sha256": message.sha256,
        }
        summary = json.dumps({"delivery": about, **parcel.summary}, ensure_ascii=False, indent=1).encode()
        wants_receipt = is_receipt_wanted(self._settings, filing.recipient, message.data)
        return _Prepared(parcel, summary, message.evidence.encode(), wants_receipt)

    async def _hand_over(self, connector: Connector, filing: Filing, prepared: _Prepared) -> FilingOutcome:
        if connector.directory is not None:
            files = {each.name: each.content for each in prepared.parcel.files}
            files |= {EVIDENCE: prepared.evidence, SUMMARY: prepared.summary}
            return await asyncio.to_thread(file_into, connector.directory, filing.key, files)
        endpoint = await asyncio.to_thread(_load_endpoint, connector)
        parts = [
            Part("summary", SUMMARY, "application/json", prepared.summary),
            Part("evidence", EVIDENCE, "application/json", prepared.evidence),
            *(Part("document", each.name, each.media_type, each.content) for each in prepared.parcel.files),
        ]
        return await post_parts(endpoint, filing.key, parts, self._clock())

    def _settle(
        self,
        conn: Connection,
        connector: Connector,
        filing: Filing,
        outcome: FilingOutcome,
        now: datetime,
        *,
        wants_receipt: bool,
    ) -> None:
        facts: dict[str, object] = {"connector": connector.name, "account": str(filing.recipient)}
        facts |= {"attempts": filing.attempts + 1, "seconds": round((now - filing.queued_at).total_seconds(), 3)}
        match outcome:
            case Filed():
                if wants_receipt:
                    _order_receipt(conn, filing, Disposition(), now)
                finish(conn, filing.id)
                append_entries(conn, [Entry(now, Event.FILED, filing.trace_id, facts)])
            case NotTaken(error, note):
                if wants_receipt:
                    _order_receipt(conn, filing, Disposition(error=error, note=note), now)
                finish(conn, filing.id)
                # The other side's words may name the patient: they go to the sender, not into the journal.
                facts |= {"outcome": "refused", "code": error.value}
                append_entries(conn, [Entry(now, Event.FILING_FAILED, filing.trace_id, facts)])
            case NotNow(reason):
                facts |= {"reason": reason, "outcome": self._put_off(conn, connector, filing, reason, now)}
                append_entries(conn, [Entry(now, Event.FILING_FAILED, filing.trace_id, facts)])

    def _put_off(self, conn: Connection, connector: Connector, filing: Filing, reason: str, now: datetime) -> str:
        patience = Patience(connector.retry_seconds, connector.give_up_seconds)
        answer = judge_retry(Trial(filing.attempts + 1, filing.queued_at), patience, now, self._dice.random())
        if isinstance(answer, GiveUp):
            bury(conn, filing.id, reason)
            return "dead"
        put_off(conn, filing.id, answer.at, reason)
        return "waiting"


def is_receipt_wanted(settings: Settings, recipient: Address, data: bytes) -> bool:
    """The sender asked for a receipt, or somebody hears of errors; and the software does not send receipts itself."""
    own = {text.lower() for text in settings.receipts.own_receipts}
    is_heard = bool(settings.receipts.error_account)  # of errors nobody asked to hear of
    return recipient.key not in own and (is_heard or asks_for_receipt(data, scan(data).header))


def _order_receipt(conn: Connection, filing: Filing, disposition: Disposition, now: datetime) -> None:
    """Before the delivery is taken out: the receipt keeps the message."""
    order_receipt(conn, ReceiptOrder(filing.message_id, filing.trace_id, filing.recipient, disposition, now))


def _load_endpoint(connector: Connector) -> Endpoint:
    """Key and CA bundle as they are now: they may be changed while the server runs. Raises OSError, ValueError."""
    if connector.secret is None:
        raise ValueError("no secret is configured")
    secret = connector.secret.read_bytes().strip()
    if len(secret) < _MIN_SECRET:
        raise ValueError(f"{connector.secret}: {_MIN_SECRET} octets at least are wanted")
    return Endpoint(connector.url, secret, load_context(connector.ca), connector.timeout_seconds)
