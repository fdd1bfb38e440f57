"""Handing in a message from the command line: the way a client's submission goes, beside a running server or without.

The message is signed, examined, delivered to our own accounts and queued for the others in one commit; the running
server's dispatcher looks at the queue at least every minute.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mssmail.app.explanation import KnownTrust, load_known_trust
from mssmail.core.address import Address
from mssmail.core.clock import read_clock
from mssmail.core.decision import Refuse
from mssmail.core.envelope import Envelope, Peer
from mssmail.core.examination import Examination
from mssmail.core.findings import Findings
from mssmail.core.message import RawMessage
from mssmail.core.missing import MissingStatus
from mssmail.core.reply import Reply
from mssmail.core.trace import build_id
from mssmail.core.whitelist import WhiteList
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.examine import examine
from mssmail.flows.bell import Bells
from mssmail.flows.intake import Intake
from mssmail.flows.submit import Submitter
from mssmail.policy.freshness import Freshness
from mssmail.policy.recipient import Box, Taken, judge_submitted_recipient
from mssmail.settings import Settings
from mssmail.store.engine import open_store
from mssmail.trust.snapshot import TrustStore
from mssmail.workers.reader import open_layer


@dataclass(slots=True)
class _Trust:
    """What the server has on its disk; satisfies ``intake.TrustSource``."""

    known: KnownTrust
    store: TrustStore
    version: int = 0

    @property
    def white_list(self) -> WhiteList | None:
        """The last good one."""
        return self.known.white_list

    def freshness(self, now: datetime) -> Freshness:
        """As it was when it was read, a moment ago."""
        del now
        return self.known.freshness

    async def fetch_missing(self, missing: tuple[MissingStatus, ...], timeout_seconds: float) -> bool:
        """Nothing is fetched here."""
        del missing, timeout_seconds
        return False


@dataclass(frozen=True, slots=True)
class _Examiner:
    """Examines in this process: the bytes are our own; satisfies ``intake.Examiner``."""

    trust: TrustStore
    authserv_id: str

    async def examine(self, data: bytes, at: datetime, *, verify: bool) -> Examination:
        """See ``mssmail.examine``."""
        return await asyncio.to_thread(examine, data, self.trust, at, authserv_id=self.authserv_id, verify=verify)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads documents in this process; satisfies ``flows.documents.DocumentReader``."""

    reading: Reading

    async def read(self, data: bytes, at: datetime) -> Findings:
        """See ``mssmail.documents.message``."""
        del at
        found = await asyncio.to_thread(read_message, open_layer(data), self.reading)
        return found.findings


def hand_in(settings: Settings, data: bytes, author: Address, recipients: Sequence[Address]) -> Reply:
    """250 with the message's id once it is durable, else why not. Raises what opening store and trust data raises."""
    known = load_known_trust(settings, read_clock())
    return asyncio.run(_hand_in(settings, known, data, author, tuple(recipients)))


async def _hand_in(
    settings: Settings, known: KnownTrust, data: bytes, author: Address, recipients: tuple[Address, ...]
) -> Reply:
    store = await asyncio.to_thread(open_store, settings.server.store, exclusive=False)
    try:
        trust = _Trust(known, known.store)
        documents = settings.documents
        reader = _Reader(Reading(frozenset(documents.neutral_loinc), documents.test_space))
        examiner = _Examiner(known.store, settings.server.name)
        intake = Intake(store, examiner, trust, Bells(), readers=reader if documents.mark else None)
        for count, recipient in enumerate(recipients):
            box = Box(settings.find_domain(recipient.domain), *await intake.boxes.load_box(recipient, len(data)))
            taken = Taken(count, settings.relay.max_recipients)
            decision = judge_submitted_recipient(recipient, box, taken, trust.white_list, known.freshness)
            if isinstance(decision, Refuse):
                return decision.reply
        now = read_clock()
        here = Peer("127.0.0.1", 0, "localhost")
        envelope = Envelope(build_id(), author, recipients, here, RawMessage(data), now, author)
        return await Submitter(settings, intake, lambda: None).submit(envelope)
    finally:
        await asyncio.to_thread(store.close)
