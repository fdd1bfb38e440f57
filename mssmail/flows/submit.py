"""A client sends: bind to the account, complete, sign, examine what came of it, deliver and queue in one commit."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mssmail.core.address import Address
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.core.message import RawMessage
from mssmail.core.reply import Reply
from mssmail.core.trace import build_prefix, build_received
from mssmail.core.verdict import Structure
from mssmail.errors import NoSuchAccount, RoutingLoop
from mssmail.flows.compose import complete_message
from mssmail.flows.documents import describe_findings
from mssmail.flows.evidence import describe_decision, describe_envelope, describe_verdict, encode_evidence, summarise
from mssmail.flows.filing_steps import plan_filing_steps
from mssmail.flows.intake import Also, Intake, find_signature_part, judge_form
from mssmail.flows.later_news import find_signer_key
from mssmail.flows.list_replies import Reply as ListReply
from mssmail.flows.list_replies import plan_list_replies
from mssmail.flows.patients import Patients
from mssmail.flows.peer_sizes import judge_sizes
from mssmail.flows.receipt_steps import plan_receipt_steps
from mssmail.flows.receive import ACCOUNT_GONE, LOOP
from mssmail.flows.reports import Reporter
from mssmail.flows.signing import KeyRing
from mssmail.journal import Entry, Event
from mssmail.mime.headers import find_resenders, find_senders, read_authors
from mssmail.mime.parts import Part, scan
from mssmail.mime.receipt import find_report_type
from mssmail.policy.declared import DECLARED, judge_declared
from mssmail.policy.marking import judge_keywords, judge_signature
from mssmail.policy.submission import Destination, Writers, judge_author, weigh_submission
from mssmail.settings import Domain, Settings, SignWith
from mssmail.smime.sign import sign_message
from mssmail.smime.structure import find_layer
from mssmail.store.bodies import Body
from mssmail.store.messages import Delivery

_log = logging.getLogger(__name__)

_NO_KEY = refuse(
    "no-signing-key",
    550,
    "5.7.1",
    "There is no key here to sign your mail with, and nobody takes it unsigned; ask your administrator",
)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A message as it goes out, with all that was found out about it. ``envelope`` holds its final bytes."""

    envelope: Envelope
    examination: Examination
    decision: Decision
    local: tuple[Address, ...]
    remote: tuple[Address, ...]


def read_writers(data: bytes, root: Part) -> Writers:
    """Whom the header of a submitted message names."""
    found, senders, resenders = read_authors(data, root.header), find_senders(data, root), find_resenders(data, root)
    others = None if senders is None or resenders is None else (*senders, *resenders)
    return Writers(found.addresses, others, "; ".join(found.faults))


class Submitter:
    """Answers the end of DATA for our clients."""

    def __init__(self, settings: Settings, intake: Intake, wake: Callable[[], None]) -> None:
        self._settings, self._intake, self._wake = settings, intake, wake
        self._reporter = Reporter(settings, intake.store, intake.pool)
        self._keys = KeyRing(settings.server.keys)
        self.patients = Patients(settings, intake.store, intake.shadows)

    async def submit(self, envelope: Envelope, also: Sequence[Also] = ()) -> Reply:
        """250 once it is on the disk, in the mailboxes of our own recipients and queued for the others; else why not.

        The recipients were taken by ``policy.recipient``. ``also`` is written in the same transaction, when the message
        is taken. Faults are raised.
        """
        prepared = await asyncio.to_thread(self._prepare, envelope)
        if isinstance(prepared, Refuse):
            return await self._intake.refuse(envelope, prepared)
        size = judge_sizes(self._settings, self._intake.sizes, len(prepared), envelope.recipients)
        if isinstance(size, Refuse):
            return await self._intake.refuse(envelope, size)
        examination = await self._intake.examine_message(envelope, prepared, verify=True)
        if isinstance(examination, Refuse):
            return await self._intake.refuse(envelope, examination)
        envelope = replace(envelope, message=RawMessage(prepared))
        local = tuple(each for each in envelope.recipients if self._settings.find_domain(each.domain))
        destination = self._find_destination(local, envelope)
        decision = self._settle(weigh_submission(examination.verdict, destination, examination.notices), envelope)
        if isinstance(decision, Accept):
            decision = await self.patients.judge(envelope, examination, decision)
        if isinstance(decision, Refuse):
            return await self._intake.refuse(envelope, decision, examination)
        remote = tuple(each for each in envelope.recipients if each not in local)
        findings = await self._intake.read_documents(envelope, examination)
        examination = replace(examination, findings=findings)
        self._intake.products.count("submitted", findings)
        is_refused = self._settings.documents.refuse_inconsistent_clients
        declared = self._settle((judge_declared(findings, refuse_inconsistent=is_refused), DECLARED), envelope)
        if isinstance(declared, Refuse):
            return await self._intake.refuse(envelope, declared, examination)
        return await self._take(_Judged(envelope, examination, decision, local, remote), also)

    def _settle(self, series: Iterable[Decision | None], envelope: Envelope) -> Decision:
        rules = self._settings.policy.in_shadow
        return self._intake.shadows.settle(series, rules, envelope.id, lambda: describe_envelope(envelope))

    def _prepare(self, envelope: Envelope) -> bytes | Refuse:
        """The bytes that go out, signed; or why they do not. For a thread: keys are read, and signing takes time."""
        data, login = envelope.message.data, envelope.login
        if login is None:
            raise ValueError("a submission has a signed-in account")
        form = judge_form(data)
        if isinstance(form, Refuse):
            return form
        root = scan(data)
        writers = read_writers(data, root)
        decision = judge_author(writers, login, envelope.identities)
        if isinstance(decision, Refuse):
            return decision
        author = writers.authors[0]
        data = complete_message(data, root.header, f"{envelope.id}@{author.domain}", envelope.received_at)
        sign_with = self._settings.submission.sign_with
        is_signed = find_layer(data, scan(data)).structure is Structure.SIGNED
        if is_signed or sign_with is SignWith.NONE:
            return data
        key = self._keys.find_key(author, sign_with)  # the team's, when somebody writes for a team
        pss = self._settings.submission.sign_with_pss
        if key is None:
            return data if _is_receipt(envelope, root) else _NO_KEY
        return sign_message(data, key, self._intake.clock(), pss=pss)

    def _find_destination(self, local: tuple[Address, ...], envelope: Envelope) -> Destination:
        found = (self._settings.find_domain(each.domain) for each in local)
        domains: tuple[Domain, ...] = tuple({each.name: each for each in found if each is not None}.values())
        is_receipt = envelope.reverse_path is None and _is_receipt(envelope, scan(envelope.message.data))
        return Destination(domains, self._settings.submission.sign_with is not SignWith.NONE, is_receipt)

    async def _take(self, judged: _Judged, also: Sequence[Also]) -> Reply:
        envelope = judged.envelope
        found, now = judged.examination, self._intake.clock()
        steps = plan_filing_steps(self._settings, envelope.id, found.findings, found.verdict, now)
        steps += await plan_receipt_steps(self._settings, envelope, judged.examination, now)
        reply = ListReply(envelope, found.authors[0], lambda domain: self._settings.find_domain(domain) is not None)
        answered = await plan_list_replies(self._intake.store, reply, judged.local, now)
        final = await self._intake.find_final(envelope, answered.rest)
        reports = await self._reporter.prepare_delivered(envelope, final, now)
        steps += (*await self.patients.plan(envelope, judged.examination, now), *also)
        try:
            done = await self._intake.take(
                lambda body: self._build(judged, body),
                envelope,
                answered.rest,
                lambda recipient: self._find_flags(judged, recipient),
                steps,
                reports,
                answered.steps,
            )
        except NoSuchAccount:
            return ACCOUNT_GONE
        except RoutingLoop:
            return await self._intake.refuse(envelope, LOOP, judged.examination)
        if done.queue_ids:
            self._wake()
        facts = {"id": envelope.id, "octets": len(envelope.message), "queued": len(done.queue_ids)}
        _log.info("submitted", extra=facts)
        return Reply(250, "2.0.0", envelope.id)

    def _find_flags(self, judged: _Judged, recipient: Address) -> frozenset[str]:
        domain = self._settings.find_domain(recipient.domain)
        if domain is None:
            return frozenset()
        marking, documents = self._settings.find_marking(recipient), self._settings.documents
        verdict = judged.examination.verdict
        marks = judge_keywords(judged.examination.findings, verdict, domain.smime, marking, documents)
        return marks | judge_signature(verdict, is_shown=self._settings.imap.smime_keywords)

    def _build(self, judged: _Judged, body: Body) -> Delivery:
        envelope, examination, server_name = judged.envelope, judged.examination, self._settings.server.name
        is_signed = examination.verdict.structure is Structure.SIGNED
        part = find_signature_part(examination) if is_signed else ""
        now = self._intake.clock()
        facts = describe_envelope(envelope) | describe_verdict(examination.verdict) | describe_decision(judged.decision)
        facts |= describe_findings(examination.findings)
        entries = [Entry(now, Event.SUBMITTED, envelope.id, facts)]
        return Delivery(
            trace_id=envelope.id,
            body=body,
            prefix=build_prefix(envelope, examination.verdict, server_name, part),
            relay_prefix=build_received(envelope, server_name),
            index=examination.index,
            summary=summarise(examination.verdict),
            evidence=encode_evidence(facts, examination, self._intake.trust.white_list, envelope.received_at),
            reverse_path=envelope.reverse_path,
            received_at=envelope.received_at,
            queue=judged.remote,
            parameters=envelope.parameters,
            asked=envelope.asked,
            author=examination.authors[0],  # bound to the account
            entries=tuple(entries),
            documents=examination.findings.documents,
            signer=find_signer_key(examination.verdict),
        )


def _is_receipt(envelope: Envelope, root: Part) -> bool:
    """A person's answer to a request for a receipt, sent as it must be (RFC 8098 §3): nothing may keep it back."""
    return envelope.reverse_path is None and find_report_type(root) == "disposition-notification"
