"""Messages that end workers: the first time one temporary refusal, the second a final one and a copy for the operator.

What is known lies in the store, so a restart forgets nothing; in memory there is only a filter that spares every other
message the question.
"""

import asyncio
import logging
from typing import Final

from mssmail.core.clock import Clock
from mssmail.core.decision import Refuse
from mssmail.core.envelope import Envelope
from mssmail.core.message import RawMessage
from mssmail.errors import StoreFault, WorkerDeath
from mssmail.flows.evidence import describe_envelope
from mssmail.journal import Entry, Event
from mssmail.policy.quarantine import MAX_DEATHS, judge_admission, judge_death, may_read_documents
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.quarantine import (
    DOCUMENTS,
    EXAMINE,
    Death,
    Held,
    count_death,
    find_deaths,
    find_held,
    hold,
    list_marked,
    measure_held,
)

_log = logging.getLogger(__name__)

MAX_HELD_BYTES: Final = 1024 * 1024 * 1024


class Quarantine:
    """One for the whole process."""

    def __init__(self, store: Store, clock: Clock, max_bytes: int = MAX_HELD_BYTES) -> None:
        self._store, self._clock, self._max_bytes = store, clock, max_bytes
        self._marked: dict[str, set[str]] | None = None  # by step; None until the first question

    async def find_refusal(self, message: RawMessage) -> Refuse | None:
        """The refusal for bytes that are in quarantine."""
        if message.sha256 not in (await self._load_marked())[EXAMINE]:
            return None
        held = await asyncio.wrap_future(self._store.read(lambda conn: find_held(conn, message.sha256)))
        answer = judge_admission(is_held=held is not None)
        return answer if isinstance(answer, Refuse) else None

    async def may_read_documents(self, message: RawMessage) -> bool:
        """Whether the documents of these bytes may be read: not when readers died of them."""
        if message.sha256 not in (await self._load_marked())[DOCUMENTS]:
            return True
        read = self._store.read(lambda conn: find_deaths(conn, message.sha256, DOCUMENTS))
        return may_read_documents(await asyncio.wrap_future(read))

    async def blame(self, envelope: Envelope, fault: WorkerDeath) -> Refuse:
        """Count a worker that died examining this message; the refusal. At the second death the bytes are kept.

        Raises StoreFault: what cannot be counted is a fault like others.
        """
        message = envelope.message
        marked = await self._load_marked()
        marked[EXAMINE].add(message.sha256)
        read = self._store.read(lambda conn: (find_deaths(conn, message.sha256, EXAMINE), measure_held(conn)))
        deaths, octets = await asyncio.wrap_future(read)
        is_kept = False
        if deaths + 1 >= MAX_DEATHS and octets + len(message) <= self._max_bytes:
            is_kept = await self._keep(message)
        return await asyncio.wrap_future(
            self._store.submit(lambda conn: self._write(conn, envelope, fault, is_kept=is_kept))
        )

    async def note_reader(self, envelope: Envelope, fault: WorkerDeath) -> None:
        """Count a reader of documents that died of this message; the message goes on all the same."""
        message = envelope.message
        (await self._load_marked())[DOCUMENTS].add(message.sha256)

        def write(conn: Connection) -> None:
            death = count_death(conn, message.sha256, DOCUMENTS, self._clock())
            append_entries(conn, (self._tell(envelope, death, fault),))

        try:
            await asyncio.wrap_future(self._store.submit(write))
        except StoreFault:
            _log.exception("a reader that died of %s is not in the journal", envelope.id)

    async def _load_marked(self) -> dict[str, set[str]]:
        if self._marked is None:
            steps = (EXAMINE, DOCUMENTS)
            read = self._store.read(lambda conn: {step: set(list_marked(conn, step)) for step in steps})
            found = await asyncio.wrap_future(read)
            self._marked = found if self._marked is None else self._marked
        return self._marked

    async def _keep(self, message: RawMessage) -> bool:
        keep = self._store.run(lambda: self._store.keep_in_quarantine(message.data, message.sha256))
        try:
            await asyncio.wrap_future(keep)
        except StoreFault:
            _log.exception("the bytes %s could not be put into quarantine", message.sha256)
            return False
        return True

    def _write(self, conn: Connection, envelope: Envelope, fault: WorkerDeath, *, is_kept: bool) -> Refuse:
        now, message = self._clock(), envelope.message
        death = count_death(conn, message.sha256, EXAMINE, now)
        entries = [self._tell(envelope, death, fault)]
        if death.deaths >= MAX_DEATHS and find_held(conn, message.sha256) is None:
            cause = _read_cause(fault)
            facts = describe_envelope(envelope)
            hold(conn, Held(message.sha256, len(message), is_kept, envelope.id, cause, facts, now))
            told = {"sha256": message.sha256, "octets": len(message), "kept": is_kept, "cause": cause}
            entries.append(Entry(now, Event.QUARANTINED, envelope.id, told))
        append_entries(conn, entries)
        return judge_death(death.deaths)

    def _tell(self, envelope: Envelope, death: Death, fault: WorkerDeath) -> Entry:
        cause = _read_cause(fault)
        facts = {"step": death.step, "sha256": death.sha256, "cause": cause, "deaths": death.deaths}
        _log.error("a worker died of a message: %s", cause, extra={"id": envelope.id, "sha256": death.sha256})
        return Entry(self._clock(), Event.WORKER_DIED, envelope.id, facts)


def _read_cause(fault: WorkerDeath) -> str:
    return str(fault.facts.get("cause", fault))
