"""What taking a message needs whoever brings it: examination with one more try, one commit, bells, the journal."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Final, Protocol

from mssmail.core.address import Address
from mssmail.core.clock import Clock, read_clock
from mssmail.core.decision import Decision, Refuse
from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.core.findings import NO_FINDINGS, UNREAD, Findings
from mssmail.core.missing import MissingStatus
from mssmail.core.parameters import Notice
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.core.verdict import Trusted, Undetermined
from mssmail.core.whitelist import WhiteList
from mssmail.errors import Fault, WorkerDeath
from mssmail.flows.bell import Bells
from mssmail.flows.boxes import Boxes
from mssmail.flows.crossing import Crossing
from mssmail.flows.distribution import Distributor, FindFlags, join_delivered
from mssmail.flows.documents import DocumentReader, describe_findings
from mssmail.flows.evidence import (
    describe_decision,
    describe_envelope,
    describe_notices,
    describe_proof,
    describe_verdict,
)
from mssmail.flows.peer_book import PeerBook
from mssmail.flows.peer_sizes import PeerSizes
from mssmail.flows.products import Products
from mssmail.flows.quarantine import Quarantine
from mssmail.flows.shadows import Shadows
from mssmail.journal import Entry, Event
from mssmail.mime.header_size import measure_header
from mssmail.mime.headers import MAX_FIELDS, MAX_HEADER_BYTES
from mssmail.mime.part_table import PartKind, read_top_kind
from mssmail.policy.freshness import Freshness
from mssmail.policy.header import judge_header
from mssmail.settings import Settings
from mssmail.store.bodies import INLINE_BYTES, Body
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.messages import Delivered, Delivery, deliver
from mssmail.trust.snapshot import TrustStore

_log = logging.getLogger(__name__)

FETCH_SECONDS: Final = 5.0
"""How long a message waits for trust data that examining it found missing."""


Also = Callable[[Connection, Delivered], object]
"""What is written together with a message, in its transaction; what it raises undoes all of it.

When it delivers something itself it answers a ``Delivered``, so that bells ring and dispatchers wake.
"""


class Examiner(Protocol):
    """Satisfied by ``workers.Pool``."""

    async def examine(self, data: bytes, at: datetime, *, verify: bool) -> Examination:
        """Everything learnt from these bytes; raises WorkerFault."""
        ...


class TrustSource(Protocol):
    """Satisfied by ``flows.refresh.TrustKeeper``."""

    store: TrustStore

    @property
    def white_list(self) -> WhiteList | None:
        """The list in use, however old."""
        ...

    def freshness(self, now: datetime) -> Freshness:
        """Its age, as policy sees it."""
        ...

    @property
    def version(self) -> int:
        """Grows with everything that may change a verdict."""
        ...

    async def fetch_missing(self, missing: tuple[MissingStatus, ...], timeout_seconds: float) -> bool:
        """Ask for what is missing; True when judging again may help."""
        ...


@dataclass(slots=True)
class Spent:
    """Where the time of accepted messages went, for metrics and the bench; seconds, all messages together."""

    messages: int = 0
    octets: int = 0
    receive_seconds: float = 0.0
    examine_seconds: float = 0.0
    commit_seconds: float = 0.0


class Intake:
    """One for the whole process; ``receive`` and ``submit`` work through it. Made in the loop it works in."""

    def __init__(
        self,
        store: Store,
        pool: Examiner,
        trust: TrustSource,
        bells: Bells,
        clock: Clock = read_clock,
        readers: DocumentReader | None = None,
        distributor: Distributor | None = None,
    ) -> None:
        self.store, self.pool, self.trust, self._bells = store, pool, trust, bells
        self._readers = readers
        self.clock = clock
        self.distributor = distributor or Distributor(Settings())
        self.boxes = Boxes(store, self.distributor)
        self.quarantine = Quarantine(store, clock)
        self.peers = PeerBook(store, clock)
        self.shadows = Shadows(store, clock)
        self.sizes = PeerSizes()
        self.spent = Spent()
        self._crossing = Crossing()
        self.products = Products()
        self.watchers: list[Callable[[Envelope, Delivered], None]] = []  # told of every message that was delivered
        self.followers: list[Callable[[], None]] = []  # woken when more than a message was written

    def find_white_list(self, now: datetime) -> WhiteList | None:
        """The list, when it is fresh enough to be used."""
        return None if self.trust.freshness(now) is Freshness.STALE else self.trust.white_list

    async def examine(self, data: bytes, *, verify: bool) -> Examination:
        """The examination; when trust data was missing it is asked for, once, and the message judged again."""
        started, version = perf_counter(), self.trust.version
        found = await self.pool.examine(data, self.clock(), verify=verify)
        # Under soft revocation a trusted message may lack the same, and a responder may know better.
        is_open = bool(found.missing) and isinstance(found.verdict.summary, Undetermined | Trusted)
        is_renewed = is_open and await self.trust.fetch_missing(found.missing, FETCH_SECONDS)
        if is_open and (is_renewed or self.trust.version != version):  # or another message's asking brought it
            found = await self.pool.examine(data, self.clock(), verify=verify)
        self.spent.examine_seconds += perf_counter() - started
        return found

    async def examine_message(self, envelope: Envelope, data: bytes, *, verify: bool) -> Examination | Refuse:
        """The examination, or the refusal of bytes that end the workers which look at them.

        ``envelope`` holds what came; ``data`` is what shall be examined of it. Raises WorkerFault.
        """
        refusal = await self.quarantine.find_refusal(envelope.message)
        if refusal is not None:
            return refusal
        try:
            return await self.examine(data, verify=verify)
        except WorkerDeath as fault:
            # Blamed are the bytes that came: a signature of ours would make others of them each time.
            return await self.quarantine.blame(envelope, fault)

    async def find_fates(self, envelope: Envelope, recipients: Sequence[Address]) -> dict[Address, Action]:
        """What is to be told of our recipients whose fate is settled here: about others somebody else will report."""
        if not any(envelope.find_parameters(each).asks_for(Notice.SUCCESS) for each in recipients):
            return {}
        return await self.boxes.find_fates(recipients)

    async def read_documents(self, envelope: Envelope, examination: Examination) -> Findings:
        """What the health documents of an accepted message call for; nothing where none can be, or none is read."""
        message = envelope.message
        if self._readers is None or not examination.may_hold_documents:
            return NO_FINDINGS
        if not await self.quarantine.may_read_documents(message):
            return UNREAD
        try:
            return await self._readers.read(message.data, self.clock())
        except WorkerDeath as fault:
            await self.quarantine.note_reader(envelope, fault)
            return UNREAD

    async def take(
        self,
        build_delivery: Callable[[Body], Delivery],
        envelope: Envelope,
        recipients: Sequence[Address],
        find_flags: FindFlags = lambda _recipient: frozenset(),
        also: Sequence[Also] = (),
        reports: Sequence[Delivery] = (),
        instead: Sequence[Also] = (),
    ) -> Delivered:
        """Keep the message durably, with all that belongs to it, where these addresses of ours lead, and ring.

        ``also`` is what else is written in the same transaction, once the message has its places; ``reports`` are kept
        in it too; ``instead`` is written whether or not anybody is left to get the message itself. Raises NoSuchAccount
        when a recipient has gone since RCPT, OverQuota, RoutingLoop, SpoolFull and kin; then nothing is kept.
        """
        started = perf_counter()
        data, sha256 = envelope.message.data, envelope.message.sha256
        if len(data) <= INLINE_BYTES:
            body = self.store.keep_body(data, sha256)  # nothing is written yet
        else:
            body = await asyncio.wrap_future(self.store.run(lambda: self.store.keep_body(data, sha256)))
        delivery = build_delivery(body)

        def work(conn: Connection) -> Delivered:
            delivered = self.distributor.distribute(conn, delivery, envelope, recipients, find_flags)
            steps = (*also, *instead) if delivered.message_id else instead
            done = [write(conn, delivered) for write in steps]
            done += [deliver(conn, report) for report in reports]
            return join_delivered([delivered, *(each for each in done if isinstance(each, Delivered))])

        done = await self._crossing.wait_for(self.store.submit(work))
        self._bells.ring(*(placed.mailbox_id for placed in done.placed))
        for offer in self.watchers:
            offer(envelope, done)
        if also or instead or done.is_posted:
            for wake in self.followers:
                wake()
        self.spent.messages += 1
        self.spent.octets += len(data)
        self.spent.commit_seconds += perf_counter() - started
        return done

    async def refuse(self, envelope: Envelope, refusal: Refuse, examination: Examination | None = None) -> Reply:
        """Write down who was refused what, and every fact weighed; the reply, ending in the message's id."""
        verdict = {} if examination is None else describe_verdict(examination.verdict) | describe_notices(examination)
        facts = describe_envelope(envelope) | verdict | describe_decision(refusal)
        if examination is not None:
            facts |= describe_findings(examination.findings) | describe_proof(examination, self.clock())
        _log.info("refused: %s", refusal.reply, extra={"id": envelope.id, "rule": refusal.rule})
        await self.note(Entry(self.clock(), Event.REFUSED, envelope.id, facts))
        return refusal.reply.with_id(envelope.id)

    async def note(self, *entries: Entry) -> None:
        """Write the journal. A refusal stands even when it cannot be written down: the log has it then."""
        try:
            await self._crossing.wait_for(self._submit(entries))
        except Fault:
            _log.exception("the journal could not be written: %s", entries)

    def _submit(self, entries: tuple[Entry, ...]) -> "Future[None]":
        return self.store.submit(lambda conn: append_entries(conn, entries))


def judge_form(data: bytes) -> Decision:
    """Whether the message's header is worth examining; quick, whatever the message."""
    size = measure_header(data)
    return judge_header(size.octets, size.fields, size.hops, max_octets=MAX_HEADER_BYTES, max_fields=MAX_FIELDS)


def find_signature_part(examination: Examination) -> str:
    """The IMAP number of the part that holds a signed message's signature (RFC 7281 §3.2.1)."""
    return "2" if read_top_kind(examination.index.parts) is PartKind.MULTIPART else "1"
