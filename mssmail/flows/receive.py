"""Mail comes in from a peer: examine, decide, deliver in one commit, ring, answer."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mssmail.core.address import Address
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.core.reply import Reply
from mssmail.core.trace import build_prefix
from mssmail.core.verdict import Structure, Trusted, Verdict
from mssmail.errors import ConfigError, NoSuchAccount, RoutingLoop
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
from mssmail.flows.intake import Intake, find_signature_part, judge_form
from mssmail.flows.later_news import find_signer_key
from mssmail.flows.list_replies import Reply as ListReply
from mssmail.flows.list_replies import plan_list_replies
from mssmail.flows.patients import Patients
from mssmail.flows.peer_sizes import judge_sizes
from mssmail.flows.receipt_steps import plan_receipt_steps
from mssmail.flows.reports import Reporter
from mssmail.flows.returns import plan_returns
from mssmail.journal import Entry, Event
from mssmail.policy.content import ContentFacts, weigh_content
from mssmail.policy.declared import DECLARED, judge_declared
from mssmail.policy.marking import judge_keywords, judge_signature
from mssmail.settings import Domain, Settings, SmimeMode
from mssmail.store.bodies import Body
from mssmail.store.messages import Delivery

_log = logging.getLogger(__name__)

ACCOUNT_GONE = Reply(451, "4.3.0", "A recipient has gone in this very moment; try again")

LOOP = refuse("routing-loop", 554, "5.4.6", "The message came by this address already: it goes in circles")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A message with all that was found out about it."""

    envelope: Envelope
    domain: Domain
    examination: Examination
    decision: Decision

    @property
    def verdict(self) -> Verdict | None:
        """None where the domain asks for no examination."""
        return None if self.domain.smime is SmimeMode.OFF else self.examination.verdict

    @property
    def summary(self) -> str:
        """The verdict in a word."""
        return "unexamined" if self.verdict is None else summarise(self.verdict)


def find_vouched_author(examination: Examination, verdict: Verdict | None) -> Address | None:
    """The author, when there is one and a trusted signature is theirs."""
    is_trusted = verdict is not None and isinstance(verdict.summary, Trusted)
    return examination.authors[0] if is_trusted and len(examination.authors) == 1 else None


class Receiver:
    """Answers the end of DATA for peers."""

    def __init__(self, settings: Settings, intake: Intake, wake: Callable[[], None]) -> None:
        self._settings, self._intake, self._wake = settings, intake, wake
        self._reporter = Reporter(settings, intake.store, intake.pool)
        self.patients = Patients(settings, intake.store, intake.shadows)

    async def receive(self, envelope: Envelope) -> Reply:
        """250 with the message's id once it is on the disk and in its mailboxes; else why not.

        The recipients are accounts of ours whose domains ask the same of a signature. Faults are raised.
        """
        header = judge_form(envelope.message.data)
        if isinstance(header, Refuse):
            return await self._intake.refuse(envelope, header)
        size = judge_sizes(self._settings, self._intake.sizes, len(envelope.message), envelope.recipients)
        if isinstance(size, Refuse):
            return await self._intake.refuse(envelope, size)
        domain = self._find_domain(envelope)
        verify = domain.smime is not SmimeMode.OFF
        examination = await self._intake.examine_message(envelope, envelope.message.data, verify=verify)
        if isinstance(examination, Refuse):
            return await self._intake.refuse(envelope, examination)
        decision = self._judge(envelope, examination, domain)
        if isinstance(decision, Accept):
            decision = await self.patients.judge(envelope, examination, decision)
        if isinstance(decision, Refuse):
            return await self._intake.refuse(envelope, decision, examination)
        # The second step: it may call attention, and changes the answer only where somebody configured that.
        findings = await self._intake.read_documents(envelope, examination)
        examination = replace(examination, findings=findings)
        self._intake.products.count("received", findings)
        is_refused = self._settings.documents.refuse_inconsistent
        declared = self._settle((judge_declared(findings, refuse_inconsistent=is_refused), DECLARED), envelope)
        if isinstance(declared, Refuse):
            return await self._intake.refuse(envelope, declared, examination)
        return await self._take(_Judged(envelope, domain, examination, decision))

    def _find_domain(self, envelope: Envelope) -> Domain:
        domain = self._settings.find_domain(envelope.recipients[0].domain)
        if domain is None:
            raise ConfigError("a recipient was taken whose domain is not ours")
        return domain

    def _judge(self, envelope: Envelope, examination: Examination, domain: Domain) -> Decision:
        facts = ContentFacts(
            verdict=examination.verdict,
            authors=examination.authors,
            reverse_path=envelope.reverse_path,
            report_type=examination.report_type,
            peer=envelope.peer.name,
            white_list=self._intake.find_white_list(self._intake.clock()),
            sender=examination.sender,
            notices=examination.notices,
        )
        return self._settle(weigh_content(facts, domain.smime, accept_encrypted=domain.accept_encrypted), envelope)

    def _settle(self, series: Iterable[Decision | None], envelope: Envelope) -> Decision:
        rules = self._settings.policy.in_shadow
        return self._intake.shadows.settle(series, rules, envelope.id, lambda: describe_envelope(envelope))

    async def _take(self, judged: _Judged) -> Reply:
        envelope = judged.envelope
        findings, now = judged.examination.findings, self._intake.clock()
        steps = plan_filing_steps(self._settings, envelope.id, findings, judged.verdict, now)
        steps += await plan_receipt_steps(self._settings, envelope, judged.examination, now)
        returned = await plan_returns(self._intake.store, self._reporter, envelope, now)
        reply = ListReply(envelope, find_vouched_author(judged.examination, judged.verdict), self._speaks_for(envelope))
        answered = await plan_list_replies(self._intake.store, reply, returned.rest, now)
        final = await self._intake.find_final(envelope, answered.rest)
        reports = await self._reporter.prepare_delivered(envelope, final, now)
        steps += await self.patients.plan(envelope, judged.examination, now)
        try:
            done = await self._intake.take(
                lambda body: self._build(judged, body),
                envelope,
                answered.rest,
                lambda recipient: self._find_flags(judged, recipient),
                steps,
                reports,
                (*returned.steps, *answered.steps),
            )
        except NoSuchAccount:
            return ACCOUNT_GONE
        except RoutingLoop:
            return await self._intake.refuse(envelope, LOOP, judged.examination)
        if done.queue_ids:
            self._wake()
        facts = {
            "id": envelope.id,
            "octets": len(envelope.message),
            "verdict": judged.summary,
            "queued": len(done.queue_ids),
        }
        _log.info("received", extra=facts)
        return Reply(250, "2.0.0", envelope.id)

    def _speaks_for(self, envelope: Envelope) -> Callable[[str], bool]:
        white_list, name = self._intake.trust.white_list, envelope.peer.name
        return lambda domain: white_list is not None and name is not None and white_list.may_speak(name, domain)

    def _find_flags(self, judged: _Judged, recipient: Address) -> frozenset[str]:
        """What the message is delivered with, in the same commit: no client ever sees it without."""
        marks = judge_keywords(
            judged.examination.findings,
            judged.verdict,
            judged.domain.smime,
            self._settings.find_marking(recipient),
            self._settings.documents,
        )
        return marks | judge_signature(judged.verdict, is_shown=self._settings.imap.smime_keywords)

    def _build(self, judged: _Judged, body: Body) -> Delivery:
        envelope, examination = judged.envelope, judged.examination
        verdict = judged.verdict
        is_signed = verdict is not None and verdict.structure is Structure.SIGNED
        part = find_signature_part(examination) if is_signed else ""
        now = self._intake.clock()
        facts = describe_envelope(envelope) | describe_verdict(examination.verdict) | describe_decision(judged.decision)
        facts |= describe_notices(examination) | describe_findings(examination.findings)
        entries = [Entry(now, Event.RECEIVED, envelope.id, facts)]
        return Delivery(
            trace_id=envelope.id,
            body=body,
            prefix=build_prefix(envelope, verdict, self._settings.server.name, part),
            index=examination.index,
            summary=judged.summary,
            evidence=encode_evidence(facts, examination, self._intake.trust.white_list, envelope.received_at),
            reverse_path=envelope.reverse_path,
            received_at=envelope.received_at,
            parameters=envelope.parameters,
            author=find_vouched_author(examination, verdict),
            entries=tuple(entries),
            documents=examination.findings.documents,
            signer=find_signer_key(verdict),
        )
