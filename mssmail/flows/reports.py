"""Delivery reports on their way: built, signed by the organisation, examined, ready for the settling transaction."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mssmail.core.address import Address, parse_address
from mssmail.core.envelope import Envelope
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.core.report import Action
from mssmail.core.return_path import has_form
from mssmail.core.trace import build_id, build_results, build_return_path
from mssmail.core.verdict import Structure
from mssmail.delivery.dsn import build_report
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient
from mssmail.errors import BadCertificate, WorkerFault
from mssmail.examine import examine
from mssmail.flows.evidence import describe_verdict, summarise
from mssmail.flows.intake import Examiner, find_signature_part
from mssmail.flows.signing import KeyRing
from mssmail.journal import Entry, Event
from mssmail.policy.report import may_report
from mssmail.settings import Settings, SignWith
from mssmail.smime.sign import sign_message
from mssmail.store.accounts import find_account
from mssmail.store.engine import Connection, Store
from mssmail.store.messages import Delivery, Placement
from mssmail.store.return_paths import Original, find_original, find_token
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store

_log = logging.getLogger(__name__)

_NO_TRUST: Final = build_trust_store(TrustSnapshot(0, ()))


@dataclass(frozen=True, slots=True)
class _Destination:
    """Where the report goes: an INBOX here, or a peer's server."""

    placements: tuple[Placement, ...] = ()
    queue: tuple[Address, ...] = ()


class Reporter:
    """Prepares delivery reports. Nothing is written here: the report is durable when what it reports is settled."""

    def __init__(self, settings: Settings, store: Store, pool: Examiner) -> None:
        self._settings = settings
        self._store = store
        self._pool = pool
        self._keys = KeyRing(settings.server.keys)

    async def prepare(self, report: Report, at: datetime) -> Delivery | None:
        """The report for the sender, or None when there is nobody to tell any more: an account that has gone.

        Whether it is wanted, ``policy.report`` says. Raises WorkerFault when it cannot be examined now: never of one
        that tells of relaying.
        """
        report = await self._find_author_of(report)
        sender, settings = report.message.sender, self._settings
        destination = await self._find_destination(sender)
        if destination is None:
            return None
        author, id = self._find_author(sender), build_id()
        data = await asyncio.to_thread(self._build, report, author, id, at)
        try:
            examination = await self._pool.examine(data, at, verify=True)
        except WorkerFault:
            if report.action is not Action.RELAYED:
                raise
            # What it tells is settled and never comes again. Without the sender's header it is ours to the last byte,
            # so it may be looked at here.
            report = replace(report, message=replace(report.message, data=b""))
            data = await asyncio.to_thread(self._build, report, author, id, at)
            examination = await asyncio.to_thread(
                examine, data, _NO_TRUST, at, authserv_id=settings.server.name, verify=False
            )
        is_signed = examination.verdict.structure is Structure.SIGNED
        part = find_signature_part(examination) if is_signed else ""
        facts = {
            "recipient": str(sender),
            "reports": report.message.trace_id,
            "action": report.action.value,
            **describe_verdict(examination.verdict),
        }
        return Delivery(
            trace_id=id,
            body=await asyncio.wrap_future(self._store.run(lambda: self._store.keep_body(data))),
            prefix=build_return_path(None) + build_results(examination.verdict, settings.server.name, part),
            index=examination.index,
            summary=summarise(examination.verdict),
            evidence=json.dumps(facts),
            reverse_path=None,  # RFC 5321 §4.5.5: never a report about a report
            received_at=at,
            placements=destination.placements,
            queue=destination.queue,
            entries=(Entry(at, Event.DELIVERED if destination.placements else Event.QUEUED, id, facts),),
            parameters=_find_parameters(report.message),
            asked={address: RecipientParameters("NEVER") for address in destination.queue},  # RFC 3464 §2
        )

    async def prepare_settled(
        self, envelope: Envelope, fates: Mapping[Address, Action], at: datetime
    ) -> tuple[Delivery, ...]:
        """The success reports about these local recipients, for the commit that delivers to them; empty: not asked."""
        reports = [build_settled_report(envelope, fates, action, at) for action in dict.fromkeys(fates.values())]
        prepared = [await self.prepare(report, at) for report in reports if report is not None]
        return tuple(delivery for delivery in prepared if delivery is not None)

    async def _find_author_of(self, report: Report) -> Report:
        """The same to the author, when the message was sent on from here under a reverse path of ours."""
        sender = report.message.sender
        if not has_form(sender):
            return report

        def ask(conn: Connection) -> Original | None:
            token = find_token(conn, sender)
            return None if token is None else find_original(conn, token)

        original = await asyncio.wrap_future(self._store.read(ask))
        if original is None:
            return report
        return replace(report, message=replace(report.message, sender=original.reverse_path, parameters=original.mail))

    async def _find_destination(self, sender: Address) -> _Destination | None:
        if self._settings.find_domain(sender.domain) is None:
            return _Destination(queue=(sender,))
        account = await asyncio.wrap_future(self._store.read(lambda conn: find_account(conn, sender)))
        return None if account is None else _Destination((Placement(account.id),))

    def _find_author(self, sender: Address) -> Address:
        if self._settings.server.postmaster:
            return parse_address(self._settings.server.postmaster)
        own = [domain.name for domain in self._settings.domain]
        domain = sender.domain if sender.domain in own or not own else own[0]
        return Address("postmaster", domain)

    def _build(self, report: Report, author: Address, id: str, at: datetime) -> bytes:
        """For a thread: keys are read, and signing takes time."""
        limit = self._settings.queue.max_returned_bytes
        plain = build_report(report, author, self._settings.server.name, id, at, max_returned_bytes=limit)
        return self._sign(plain, author, at)

    def _sign(self, data: bytes, author: Address, at: datetime) -> bytes:
        try:
            key = self._keys.find_key(author, SignWith.ORGANISATION)
            return data if key is None else sign_message(data, key, at)
        except BadCertificate as fault:
            # Unsigned it still reaches our own senders, and peers that take unsigned reports; unsent it helps nobody.
            _log.error("a delivery report goes out unsigned: %s", fault)
            return data


def _find_parameters(message: ReportedMessage) -> MailParameters:
    """A report is guarded as the message was (RFC 8689 §5), and is international only where its address is."""
    return MailParameters(
        is_utf8=not str(message.sender).isascii(),
        requires_tls=message.parameters.requires_tls,
    )


def build_settled_report(
    envelope: Envelope, fates: Mapping[Address, Action], action: Action, at: datetime
) -> Report | None:
    """The report of those local recipients who meet this fate and whose sender asked to be told."""
    sender = envelope.reverse_path
    asked = [
        ReportedRecipient(recipient, attempted_at=at, original=envelope.find_parameters(recipient).original)
        for recipient, fate in fates.items()
        if fate is action and may_report(action, sender, envelope.find_parameters(recipient))
    ]
    if sender is None or not asked:
        return None
    message = ReportedMessage(sender, envelope.message.data, envelope.id, envelope.received_at, envelope.parameters)
    return Report(action, message, tuple(asked))
