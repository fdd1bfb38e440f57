"""Automatic answers: after a message lies in a box whose owner is away, and never in its way.

What is to be answered waits in memory: an answer that a kill takes with it was never owed. One that is sent, and the
note that its sender was answered, are one commit.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mssmail.core.address import Address
from mssmail.core.clock import Clock
from mssmail.core.envelope import Envelope
from mssmail.core.message import RawMessage
from mssmail.flows.intake import Examiner
from mssmail.flows.notices import Notice, Notices
from mssmail.flows.rounds import Rounds
from mssmail.mime.addresses import list_mailboxes, parse_addresses
from mssmail.mime.charsets import decode_text
from mssmail.mime.headers import decode_words, select_fields
from mssmail.mime.lexical import unfold
from mssmail.mime.parts import scan
from mssmail.mime.receipt import read_request
from mssmail.mime.tree import Part
from mssmail.policy.answer import AnswerFacts, judge_answer
from mssmail.policy.patient import is_patient
from mssmail.settings import Settings
from mssmail.store.aliases import list_aliases
from mssmail.store.answers import Answer, find_answer, find_answered_at, list_answering, note_answered
from mssmail.store.engine import Connection, Store
from mssmail.store.messages import Delivered, deliver

_log = logging.getLogger(__name__)

_MAX_WAITING: Final = 1_000
_LOOK_SECONDS: Final = 2.0  # how late a change by a command counts
_RECIPIENT_FIELDS: Final = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
_MAX_REFERENCES: Final = 10
_MAX_KEPT_BYTES: Final = 65_536  # of a message that waits: its header, and whether a report lies below a signature


@dataclass(frozen=True, slots=True)
class _Owed:
    account_id: int
    envelope: Envelope


class Answerer:
    """One for the whole process. ``offer`` it what was delivered."""

    def __init__(
        self, settings: Settings, store: Store, pool: Examiner, wake_queue: Callable[[], None], clock: Clock
    ) -> None:
        self._settings, self._store, self._wake_queue, self._clock = settings, store, wake_queue, clock
        self._notices = Notices(settings, store, pool)
        self._answering: frozenset[int] = frozenset()
        self._waiting: deque[_Owed] = deque()
        self._rounds = Rounds("automatic answers cannot be looked up", self._answer_waiting, _LOOK_SECONDS)

    async def start(self) -> None:
        """Begin."""
        await self.look()
        await self._rounds.start()

    async def stop(self) -> None:
        """Forget what waits."""
        await self._rounds.stop()

    def offer(self, envelope: Envelope, delivered: Delivered) -> None:
        """A message lies in these boxes. Quick: mostly nobody is away."""
        for placed in delivered.placed:
            if placed.account_id in self._answering and len(self._waiting) < _MAX_WAITING:
                self._waiting.append(_Owed(placed.account_id, _cut(envelope)))
                self._rounds.wake()

    async def look(self) -> None:
        """Who answers now."""
        self._answering = await asyncio.wrap_future(self._store.read(list_answering))

    async def _answer_waiting(self) -> float:
        for owed in [self._waiting.popleft() for _ in range(len(self._waiting))]:
            try:
                await self.answer(owed.account_id, owed.envelope)
            except Exception:  # an answer is a courtesy, and the next one is somebody else's
                _log.exception("%s: no automatic answer", owed.envelope.id)
        await self.look()
        return _LOOK_SECONDS

    async def answer(self, account_id: int, envelope: Envelope) -> str:
        """Answer, or not; why not, in a word (empty: it is on its way)."""
        sender, now = envelope.reverse_path, self._clock()

        def ask(conn: Connection) -> tuple[Answer | None, tuple[Address, ...], datetime | None]:
            found = find_answer(conn, account_id)
            if found is None or sender is None:
                return None, (), None
            aliases = tuple(alias.address for alias in list_aliases(conn, target=found.account))
            return found, (found.account, *aliases), find_answered_at(conn, account_id, sender)

        found, own, last_at = await asyncio.wrap_future(self._store.read(ask))
        if found is None or sender is None:
            return "no-answer"
        data = envelope.message.data
        root = await asyncio.to_thread(scan, data)
        said = read_request(data, root)
        facts = AnswerFacts(
            sender,
            own,
            read_named(data, root),
            is_automatic=said.is_automatic,
            is_list=said.is_list,
            is_report=said.is_report,
            is_patient=is_patient(sender, self._settings.patient),
            last_at=last_at,
        )
        why = judge_answer(facts, found.times, now)
        if why:
            return why
        prepared = await self._notices.prepare(build_answer(found, sender, envelope, root), now)

        def work(conn: Connection) -> None:
            note_answered(conn, account_id, sender, now)
            deliver(conn, prepared)

        await asyncio.wrap_future(self._store.submit(work))
        self._wake_queue()
        return ""


def _cut(envelope: Envelope) -> Envelope:
    data = envelope.message.data
    return envelope if len(data) <= _MAX_KEPT_BYTES else replace(envelope, message=RawMessage(data[:_MAX_KEPT_BYTES]))


def build_answer(found: Answer, to: Address, envelope: Envelope, root: Part) -> Notice:
    """The answer as RFC 3834 §3 has it: In-Reply-To and References name the message."""
    data = envelope.message.data
    message_id = _read(data, root, "message-id")
    references = [*_read(data, root, "references").split()[-_MAX_REFERENCES:], message_id]
    fields = (("In-Reply-To", message_id), ("References", " ".join(references).strip())) if message_id else ()
    subject = found.subject or f"Auto: {decode_words(_read(data, root, 'subject').encode('utf-8', 'replace'))}"
    return Notice(found.account, to, subject, found.text.rstrip() + "\n", envelope.id, found.name, fields)


def read_named(data: bytes, root: Part) -> tuple[Address, ...]:
    """The addresses of all recipient fields."""
    found = []
    for field in select_fields(data, root.header, *_RECIPIENT_FIELDS):
        for mailbox in list_mailboxes(parse_addresses(data[field.value.start : field.value.end])):
            if mailbox.address is not None:
                found.append(mailbox.address)
    return tuple(found)


def _read(data: bytes, root: Part, name: str) -> str:
    fields = select_fields(data, root.header, name)
    if not fields:
        return ""
    text = decode_text(unfold(fields[0].value.cut(data)))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:900]
