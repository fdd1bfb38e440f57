"""Mail comes in from a peer: examine, decide, deliver in one commit, ring, answer."""

from collections.abc import Callable, Iterator

from mssmail.core.address import Address
from mssmail.core.decision import Decision, Refuse
from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.core.reply import Reply
from mssmail.core.verdict import Trusted, Verdict
from mssmail.errors import ConfigError
from mssmail.flows.intake import Intake, judge_form
from mssmail.flows.patients import Patients
from mssmail.flows.peer_sizes import judge_sizes
from mssmail.flows.reports import Reporter
from mssmail.flows.returns import plan_returns
from mssmail.flows.taking import Judged, Taker
from mssmail.journal import Event
from mssmail.policy.content import ContentFacts, weigh_content
from mssmail.settings import Domain, Settings, SmimeMode


def find_vouched_author(examination: Examination, verdict: Verdict | None) -> Address | None:
    """The author, when there is one and a trusted signature is theirs."""
    is_trusted = verdict is not None and isinstance(verdict.summary, Trusted)
    return examination.authors[0] if is_trusted and len(examination.authors) == 1 else None


class Receiver:
    """Answers the end of DATA for peers."""

    def __init__(self, settings: Settings, intake: Intake, wake: Callable[[], None]) -> None:
        self._settings, self._intake = settings, intake
        self._reporter = Reporter(settings, intake.store, intake.pool)
        self.patients = Patients(settings, intake.store, intake.shadows)
        self._taker = Taker(settings, intake, self._reporter, self.patients, wake)

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
        series = self._weigh_content(envelope, examination, domain)
        weighed = await self._taker.weigh(Event.RECEIVED, envelope, examination, series)
        if isinstance(weighed, Reply):
            return weighed
        return await self._take(envelope, domain, *weighed)

    def _find_domain(self, envelope: Envelope) -> Domain:
        domain = self._settings.find_domain(envelope.recipients[0].domain)
        if domain is None:
            raise ConfigError("a recipient was taken whose domain is not ours")
        return domain

    def _weigh_content(self, envelope: Envelope, examination: Examination, domain: Domain) -> Iterator[Decision | None]:
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
        return weigh_content(facts, domain.smime, accept_encrypted=domain.accept_encrypted)

    async def _take(self, envelope: Envelope, domain: Domain, examination: Examination, decision: Decision) -> Reply:
        returned = await plan_returns(self._intake.store, self._reporter, envelope, self._intake.clock())
        verdict = None if domain.smime is SmimeMode.OFF else examination.verdict
        author, may_speak = find_vouched_author(examination, verdict), self._speaks_for(envelope)
        judged = Judged(Event.RECEIVED, envelope, examination, decision, verdict, domain.smime, author, may_speak)
        return await self._taker.take(judged, returned.rest, instead=returned.steps)

    def _speaks_for(self, envelope: Envelope) -> Callable[[str], bool]:
        white_list, name = self._intake.trust.white_list, envelope.peer.name
        return lambda domain: white_list is not None and name is not None and white_list.may_speak(name, domain)
