"""Mail between professionals and patients: the facts policy weighs, and what is remembered of an exchange.

It does not matter who holds the patient and who the professional: the rules and the memory are the same on both sides.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from mssmail.core.address import Address, ReversePath
from mssmail.core.decision import Accept, Decision
from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.core.exchange import Answered, Thread
from mssmail.core.message import Span
from mssmail.flows.intake import Also
from mssmail.flows.shadows import Shadows
from mssmail.journal import Entry, Event
from mssmail.mime.addresses import list_mailboxes
from mssmail.mime.headers import clip_header, decode_words, parse_addresses, select_fields
from mssmail.mime.parts import scan
from mssmail.mime.receipt import find_report_type
from mssmail.policy.patient import (
    PatientFacts,
    closes_exchange,
    is_patient,
    weigh_patient_message,
    weigh_patient_recipient,
)
from mssmail.policy.shadow import settle
from mssmail.settings import Settings
from mssmail.store.engine import Connection, Store
from mssmail.store.exchanges import find_answered, forget_exchanges, note_answer, note_professional
from mssmail.store.journal import append_entries

_MAX_REFERENCES: Final = 100
_FORGET_EVERY: Final = 1_000  # messages
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")


class Patients:
    """Asked at RCPT and at the end of DATA, by peers' and by our own clients' mail alike."""

    def __init__(self, settings: Settings, store: Store, shadows: Shadows) -> None:
        self._settings, self._store, self._shadows = settings.patient, store, shadows
        self._rules = settings.policy.in_shadow
        self._noted = 0

    async def judge_recipient(self, sender: ReversePath, recipient: Address, size: int | None) -> Decision:
        """Answer RCPT TO, where each recipient has an answer of its own.

        A patient to whom this professional has not written, or has said that all is said, is refused here already. Of
        rules in shadow nothing is told here: the end of DATA weighs them all, once.
        """
        settings = self._settings
        if not settings.domains:
            return Accept("no-patient")
        decision = settle(weigh_patient_recipient(sender, recipient, size, settings), self._rules).decision
        if not isinstance(decision, Accept) or sender is None or not is_patient(sender, settings):
            return decision
        answered = await self._find_answered(sender, [recipient], Thread("", ()))
        # The thread is not known before the message is: an answer that must name one is judged then.
        facts = PatientFacts([sender], [recipient], [], 0, answered=answered)
        if settings.require_thread:
            return decision
        return settle(weigh_patient_message(facts, settings), self._rules).decision

    async def judge(self, envelope: Envelope, examination: Examination, so_far: Accept) -> Decision:
        """Answer the end of DATA: ``so_far`` unless a rule of patients' mail is broken."""
        settings, patient = self._settings, self._find_author(examination)
        if not self._concerns(envelope, patient):
            return so_far
        data, header = envelope.message.data, examination.index.header
        answered: Sequence[Answered] = ()
        if patient is not None:
            answered = await self._find_answered(patient, envelope.recipients, read_thread(data, header))
        facts = PatientFacts(
            authors=examination.authors,
            recipients=envelope.recipients,
            named=_read_named(data, header),
            octets=len(data),
            is_report=await self._is_report(envelope, examination),
            answered=answered,
        )
        series = weigh_patient_message(facts, settings)
        decision = self._shadows.settle_message(series, self._rules, envelope)
        return so_far if isinstance(decision, Accept) else decision

    async def plan(self, envelope: Envelope, examination: Examination, at: datetime) -> tuple[Also, ...]:
        """What is remembered of the exchange, in the transaction that takes the message."""
        patient = self._find_author(examination)
        if not self._concerns(envelope, patient) or len(examination.authors) != 1:
            return ()
        if await self._is_report(envelope, examination):
            return ()
        data, header, settings = envelope.message.data, examination.index.header, self._settings
        thread = read_thread(data, header)
        if patient is not None:
            others = [each for each in envelope.recipients if not is_patient(each, settings)]
            return (lambda conn, _: _note_answers(conn, patient, others, thread, envelope.id, at), *self._forget(at))
        closes = closes_exchange(_read_first(data, header, "x-mss-mes"), examination.index.subject, settings)
        mine = [each for each in envelope.recipients if is_patient(each, settings)]
        author = examination.authors[0]

        def note(conn: Connection, _delivered: object) -> None:
            for each in mine:
                exchange = note_professional(conn, author, each, thread, at, closes=closes)
                facts = {"exchange": exchange.id, "act": "closed" if closes else "open", "by": str(author)}
                append_entries(conn, [Entry(at, Event.EXCHANGE, envelope.id, facts)])

        return (note, *self._forget(at))

    def _concerns(self, envelope: Envelope, patient: Address | None) -> bool:
        if not self._settings.domains:
            return False
        return patient is not None or any(is_patient(each, self._settings) for each in envelope.recipients)

    def _find_author(self, examination: Examination) -> Address | None:
        """The patient who wrote it."""
        return next((each for each in examination.authors if is_patient(each, self._settings)), None)

    async def _is_report(self, envelope: Envelope, examination: Examination) -> bool:
        """A report or receipt, signed or not; only the null sender's are so: others might answer by "reports"."""
        if envelope.reverse_path is not None:
            return False
        return bool(find_report_type(await asyncio.to_thread(scan, envelope.message.data)))

    async def _find_answered(
        self, patient: Address, recipients: Sequence[Address], thread: Thread
    ) -> Sequence[Answered]:
        others = [each for each in recipients if not is_patient(each, self._settings)]

        def read(conn: Connection) -> list[Answered]:
            return [find_answered(conn, each, patient, thread) for each in others]

        return await asyncio.wrap_future(self._store.read(read))

    def _forget(self, at: datetime) -> tuple[Also, ...]:
        """Now and then, what is too old goes, some at a time."""
        self._noted += 1
        if self._noted % _FORGET_EVERY != 1:
            return ()
        before = at - timedelta(days=self._settings.remember_days)
        return (lambda conn, _delivered: forget_exchanges(conn, before),)


def _note_answers(
    conn: Connection, patient: Address, professionals: Sequence[Address], thread: Thread, trace_id: str, at: datetime
) -> None:
    for each in professionals:
        exchange = note_answer(conn, each, patient, thread, at)
        if exchange is not None:
            facts = {"exchange": exchange.id, "act": "answered", "by": str(patient)}
            append_entries(conn, [Entry(at, Event.EXCHANGE, trace_id, facts)])


def read_thread(data: bytes, header: Span) -> Thread:
    """The message's name, and those it names as before it, oldest first; In-Reply-To's last (RFC 5322 §3.6.4)."""
    names = _read_ids(data, header, "references")[-_MAX_REFERENCES:] + _read_ids(data, header, "in-reply-to")[:10]
    mine = _read_ids(data, header, "message-id")
    return Thread(mine[0] if mine else "", tuple(dict.fromkeys(names)))


def _read_ids(data: bytes, header: Span, key: str) -> list[str]:
    return _MESSAGE_ID.findall(_read_first(data, header, key))


def _read_first(data: bytes, header: Span, key: str) -> str:
    found = select_fields(data, clip_header(header), key)
    return decode_words(found[0].read(data)) if found else ""


def _read_named(data: bytes, header: Span) -> list[Address]:
    fields = select_fields(data, clip_header(header), "to", "cc", "bcc")
    entries = (parse_addresses(data[each.value.start : each.value.end]) for each in fields)
    return [mailbox.address for each in entries for mailbox in list_mailboxes(each) if mailbox.address is not None]
