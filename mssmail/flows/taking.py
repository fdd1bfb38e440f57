"""The end of a message, whoever brings it: weighed to the last rule, then written in one commit, and answered."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mssmail.core.address import Address
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.core.reply import Reply
from mssmail.core.trace import build_prefix
from mssmail.core.verdict import Structure, Verdict
from mssmail.errors import NoSuchAccount, RoutingLoop
from mssmail.flows.documents import describe_findings
from mssmail.flows.evidence import (
    describe_decision,
    describe_envelope,
    describe_notices,
    describe_verdict,
    encode_evidence,
    summarise,
)
from mssmail.flows.filing_steps import plan_filing_steps
from mssmail.flows.intake import Also, Intake, find_signature_part
from mssmail.flows.later_news import find_signer_key
from mssmail.flows.list_replies import MaySpeak, plan_list_replies
from mssmail.flows.list_replies import Reply as ListReply
from mssmail.flows.patients import Patients
from mssmail.flows.receipt_steps import plan_receipt_steps
from mssmail.flows.reports import Reporter
from mssmail.journal import Entry, Event
from mssmail.policy.declared import DECLARED, judge_declared
from mssmail.policy.marking import judge_keywords, judge_signature
from mssmail.settings import Settings, SmimeMode
from mssmail.store.bodies import Body
from mssmail.store.messages import Delivery

_log = logging.getLogger(__name__)

_ACCOUNT_GONE = Reply(451, "4.3.0", "A recipient has gone in this very moment; try again")

_LOOP = refuse("routing-loop", 554, "5.4.6", "The message came by this address already: it goes in circles")


@dataclass(frozen=True, slots=True)
class Judged:
    """A message that is to be taken, with all that was found out about it; ``envelope`` holds its final bytes."""

    event: Event  # how the journal calls the taking
    envelope: Envelope
    examination: Examination
    decision: Decision
    verdict: Verdict | None  # None where nobody asked for an examination
    mode: SmimeMode | None  # what was asked of its signature; None: what each recipient's domain asks
    author: Address | None  # From's, when a signature or a sign-in vouches for it
    may_speak: MaySpeak  # for which domains who brings it is believed
    remote: tuple[Address, ...] = ()  # recipients that are not ours
    relay_prefix: bytes = b""  # what they get above it

    @property
    def summary(self) -> str:
        """The verdict in a word."""
        return "unexamined" if self.verdict is None else summarise(self.verdict)


class Taker:
    """What ``receive`` and ``submit`` end with. ``wake`` is called when there is something to be sent."""

    def __init__(
        self, settings: Settings, intake: Intake, reporter: Reporter, patients: Patients, wake: Callable[[], None]
    ) -> None:
        self._settings, self._intake, self._wake = settings, intake, wake
        self._reporter, self._patients = reporter, patients

    async def weigh(
        self, event: Event, envelope: Envelope, examination: Examination, series: Iterable[Decision | None]
    ) -> tuple[Examination, Decision] | Reply:
        """The examination with what the documents say, and why the message passes; or the answer that refuses it.

        ``series`` is what is asked of its content; patients' rules and what the documents call for come after it.
        """
        decision = self._settle(series, envelope)
        if isinstance(decision, Accept):
            decision = await self._patients.judge(envelope, examination, decision)
        if isinstance(decision, Refuse):
            return await self._intake.refuse(envelope, decision, examination)
        # The second step: it may call attention, and changes the answer only where somebody configured that.
        examination = replace(examination, findings=await self._intake.read_documents(envelope, examination))
        self._intake.products.count(event.value, examination.findings)
        documents = self._settings.documents
        is_refused = documents.refuse_inconsistent
        if event is Event.SUBMITTED:
            is_refused = documents.refuse_inconsistent_clients
        declared = judge_declared(examination.findings, refuse_inconsistent=is_refused)
        settled = self._settle((declared, DECLARED), envelope)
        if isinstance(settled, Refuse):
            return await self._intake.refuse(envelope, settled, examination)
        return examination, decision

    def _settle(self, series: Iterable[Decision | None], envelope: Envelope) -> Decision:
        return self._intake.shadows.settle_message(series, self._settings.policy.in_shadow, envelope)

    async def take(
        self,
        judged: Judged,
        recipients: Sequence[Address],
        *,
        also: Sequence[Also] = (),
        instead: Sequence[Also] = (),
    ) -> Reply:
        """250 with the message's id once it is on the disk and where these addresses of ours lead; else why not.

        ``also`` and ``instead`` as in ``Intake.take``. Faults are raised.
        """
        envelope, found, now = judged.envelope, judged.examination, self._intake.clock()
        steps = plan_filing_steps(self._settings, envelope.id, found.findings, judged.verdict, now)
        steps += await plan_receipt_steps(self._settings, envelope, found, now)
        reply = ListReply(envelope, judged.author, judged.may_speak)
        answered = await plan_list_replies(self._intake.store, reply, recipients, now)
        fates = await self._intake.find_fates(envelope, answered.rest)
        reports = await self._reporter.prepare_settled(envelope, fates, now)
        steps += (*await self._patients.plan(envelope, found, now), *also)
        try:
            done = await self._intake.take(
                lambda body: self._build(judged, body),
                envelope,
                answered.rest,
                lambda recipient: self._find_flags(judged, recipient),
                steps,
                reports,
                (*instead, *answered.steps),
            )
        except NoSuchAccount:
            return _ACCOUNT_GONE
        except RoutingLoop:
            return await self._intake.refuse(envelope, _LOOP, found)
        if done.queue_ids:
            self._wake()
        facts = {"id": envelope.id, "octets": len(envelope.message), "verdict": judged.summary}
        _log.info(judged.event.value, extra={**facts, "queued": len(done.queue_ids)})
        return Reply(250, "2.0.0", envelope.id)

    def _find_flags(self, judged: Judged, recipient: Address) -> frozenset[str]:
        """What the message is delivered with, in the same commit: no client ever sees it without."""
        mode = judged.mode
        if mode is None:
            domain = self._settings.find_domain(recipient.domain)
            if domain is None:
                return frozenset()
            mode = domain.smime
        marking, documents = self._settings.find_marking(recipient), self._settings.documents
        marks = judge_keywords(judged.examination.findings, judged.verdict, mode, marking, documents)
        return marks | judge_signature(judged.verdict, is_shown=self._settings.imap.smime_keywords)

    def _build(self, judged: Judged, body: Body) -> Delivery:
        envelope, examination, verdict = judged.envelope, judged.examination, judged.verdict
        is_signed = verdict is not None and verdict.structure is Structure.SIGNED
        part = find_signature_part(examination) if is_signed else ""
        facts = describe_envelope(envelope) | describe_verdict(examination.verdict) | describe_decision(judged.decision)
        facts |= describe_notices(examination) | describe_findings(examination.findings)
        return Delivery(
            trace_id=envelope.id,
            body=body,
            prefix=build_prefix(envelope, verdict, self._settings.server.name, part),
            relay_prefix=judged.relay_prefix,
            index=examination.index,
            summary=judged.summary,
            evidence=encode_evidence(facts, examination, self._intake.trust.white_list, envelope.received_at),
            reverse_path=envelope.reverse_path,
            received_at=envelope.received_at,
            queue=judged.remote,
            parameters=envelope.parameters,
            asked=envelope.asked,
            author=judged.author,
            entries=(Entry(self._intake.clock(), judged.event, envelope.id, facts),),
            documents=examination.findings.documents,
            signer=find_signer_key(verdict),
        )
