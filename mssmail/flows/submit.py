"""A client sends: bind to the account, complete, sign, examine what came of it, deliver and queue in one commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from mssmail.core.address import Address
from mssmail.core.decision import Decision, Refuse, refuse
from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.core.message import RawMessage
from mssmail.core.reply import Reply
from mssmail.core.trace import build_received
from mssmail.core.verdict import Structure
from mssmail.flows.compose import complete_message
from mssmail.flows.intake import Also, Intake, judge_form
from mssmail.flows.patients import Patients
from mssmail.flows.peer_sizes import judge_sizes
from mssmail.flows.reports import Reporter
from mssmail.flows.signing import KeyRing
from mssmail.flows.taking import Judged, Taker
from mssmail.journal import Event
from mssmail.mime.headers import Authors, find_resenders, find_senders
from mssmail.mime.parts import Part, scan, scan_message
from mssmail.mime.receipt import find_report_type
from mssmail.policy.submission import Destination, Writers, judge_author, weigh_submission
from mssmail.settings import Domain, Settings, SignWith
from mssmail.smime.sign import sign_message
from mssmail.smime.structure import find_layer

_NO_KEY = refuse(
    "no-signing-key",
    550,
    "5.7.1",
    "There is no key here to sign your mail with, and nobody takes it unsigned; ask your administrator",
)


def read_writers(data: bytes, root: Part, found: Authors) -> Writers:
    """Whom the header of a submitted message names."""
    senders, resenders = find_senders(data, root), find_resenders(data, root)
    others = None if senders is None or resenders is None else (*senders, *resenders)
    return Writers(found.addresses, others, "; ".join(found.faults))


class Submitter:
    """Answers the end of DATA for our clients."""

    def __init__(self, settings: Settings, intake: Intake, wake: Callable[[], None]) -> None:
        self._settings, self._intake = settings, intake
        self._keys = KeyRing(settings.server.keys)
        self.patients = Patients(settings, intake.store, intake.shadows)
        reporter = Reporter(settings, intake.store, intake.pool)
        self._taker = Taker(settings, intake, reporter, self.patients, wake)

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
        series = weigh_submission(examination.verdict, destination, examination.notices)
        weighed = await self._taker.weigh(Event.SUBMITTED, envelope, examination, series)
        if isinstance(weighed, Reply):
            return weighed
        return await self._take(envelope, *weighed, local, also)

    def _prepare(self, envelope: Envelope) -> bytes | Refuse:
        """The bytes that go out, signed; or why they do not. For a thread: keys are read, and signing takes time."""
        data, login = envelope.message.data, envelope.login
        if login is None:
            raise ValueError("a submission has a signed-in account")
        form = judge_form(data)
        if isinstance(form, Refuse):
            return form
        root, authors = scan_message(data)
        writers = read_writers(data, root, authors)
        decision = judge_author(writers, login, envelope.identities)
        if isinstance(decision, Refuse):
            return decision
        author = writers.authors[0]
        given = data
        data = complete_message(data, root.header, f"{envelope.id}@{author.domain}", envelope.received_at)
        whole = root if data == given else scan(data)
        sign_with = self._settings.submission.sign_with
        is_signed = find_layer(data, whole).structure is Structure.SIGNED
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

    async def _take(
        self,
        envelope: Envelope,
        examination: Examination,
        decision: Decision,
        local: tuple[Address, ...],
        also: Sequence[Also],
    ) -> Reply:
        judged = Judged(
            Event.SUBMITTED,
            envelope,
            examination,
            decision,
            verdict=examination.verdict,
            mode=None,
            author=examination.authors[0],  # bound to the account
            may_speak=lambda domain: self._settings.find_domain(domain) is not None,
            remote=tuple(each for each in envelope.recipients if each not in local),
            relay_prefix=build_received(envelope, self._settings.server.name),
        )
        return await self._taker.take(judged, local, also=also)


def _is_receipt(envelope: Envelope, root: Part) -> bool:
    """A person's answer to a request for a receipt, sent as it must be (RFC 8098 §3): nothing may keep it back."""
    return envelope.reverse_path is None and find_report_type(root) == "disposition-notification"
