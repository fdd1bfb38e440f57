"""What peers and clients are told: sessions become facts, policy decides, flows take whole messages.

Two handlers, one per kind of listener: ``PeerHandler`` for other operators, ``ClientHandler`` for our own accounts.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, Protocol

from mssmail.core.account import Account
from mssmail.core.address import Address, ReversePath
from mssmail.core.decision import Accept, Decision, Refuse
from mssmail.core.envelope import Envelope, Peer
from mssmail.core.message import RawMessage
from mssmail.core.parameters import PLAIN_MAIL
from mssmail.core.reply import Reply
from mssmail.errors import LoginFault, StoreFault
from mssmail.flows.evidence import describe_decision, describe_peer
from mssmail.flows.intake import Intake
from mssmail.flows.peer_sizes import judge_sizes
from mssmail.flows.receive import Receiver
from mssmail.flows.submit import Submitter
from mssmail.journal import Entry, Event
from mssmail.policy.recipient import Box, Taken, weigh_recipient, weigh_submitted_recipient
from mssmail.policy.sender import weigh_sender
from mssmail.policy.size import judge_size
from mssmail.policy.submission import judge_client
from mssmail.settings import Settings
from mssmail.smtp.certificate import read_peer
from mssmail.smtp.login import Credentials
from mssmail.smtp.parameters import MailCommand
from mssmail.smtp.replies import find_reply
from mssmail.smtp.session import Session, Transaction
from mssmail.store.peers_seen import Direction

_log = logging.getLogger(__name__)

_SENDER_TAKEN: Final = Reply(250, "2.1.0", "Sender taken")
_RECIPIENT_TAKEN: Final = Reply(250, "2.1.5", "Recipient taken")


class Login(Protocol):
    """Satisfied by ``flows.sign_in.SignIn.sign_in``."""

    async def __call__(self, user: str, password: str, peer: Peer, mechanism: str, *, trace_id: str = "") -> Account:
        """The account of these credentials; raises BadCredentials or TooManyFailures. Journals either way."""
        ...


class Scribe:
    """Turns decisions into replies and writes refusals down, in log and journal alike."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def answer(
        self, decision: Decision, accepted: Reply, session: Session, transaction: Transaction, **facts: object
    ) -> Reply:
        """The reply for a decision."""
        if isinstance(decision, Accept):
            return accepted
        known = {"from": _describe_sender(transaction), **facts}
        _log.info(
            "refused: %s", decision.reply, extra={"id": transaction.id, "peer": session.address, "rule": decision.rule}
        )
        await self._intake.note(
            Entry(
                self._intake.clock(),
                Event.REFUSED,
                transaction.id,
                {**describe_peer(session.judged_peer or session.peer_facts), **known, **describe_decision(decision)},
            )
        )
        return decision.reply.with_id(transaction.id)

    async def note_refusal(self, session: Session, transaction: Transaction, reply: Reply, rule: str) -> None:
        """A message that broke a rule of form."""
        to = [str(recipient) for recipient in transaction.recipients]
        await self.answer(Refuse(rule, reply), reply, session, transaction, to=to)


class PeerHandler:
    """Answers other operators: only listed senders, only our own recipients."""

    def __init__(self, settings: Settings, intake: Intake, receiver: Receiver) -> None:
        self._settings, self._intake, self._receiver = settings, intake, receiver
        self._scribe = Scribe(intake)

    async def handle_MAIL(self, session: Session, transaction: Transaction, mail: MailCommand) -> Reply:
        """May this peer use this sender?"""
        now, trust = self._intake.clock(), self._intake.trust
        found = await read_peer(session, trust, now)
        if isinstance(found, Refuse):
            decision: Decision = found
        else:
            session.judged_peer = found
            series = weigh_sender(
                mail.reverse_path, found, trust.white_list, trust.freshness(now), self._settings.trust.revocation
            )
            decision = self._settle(series, transaction, found, sender=f"<{mail.reverse_path or ''}>")
        if isinstance(decision, Accept):
            decision = judge_size(mail.size, self._settings.relay.max_message_bytes)
        if isinstance(found, Peer) and isinstance(decision, Accept) and mail.reverse_path is not None:
            self._intake.peers.note(found, Direction.IN, mail.reverse_path.domain)
        facts = {"from": f"<{mail.reverse_path or ''}>", "size": mail.size}
        return await self._scribe.answer(decision, _SENDER_TAKEN, session, transaction, **facts)

    async def handle_RCPT(self, session: Session, transaction: Transaction, recipient: Address) -> Reply:
        """Is it an account of ours?"""
        box = await _find_box(self._settings, self._intake, transaction, recipient)
        series = weigh_recipient(recipient, box, self._count(transaction))
        decision = self._settle(series, transaction, session.judged_peer or session.peer_facts, to=str(recipient))
        if isinstance(decision, Accept):
            decision = _judge_size(self._settings, self._intake, transaction, recipient)
        if isinstance(decision, Accept):
            decision = await self._receiver.patients.judge_recipient(*_find_pair(transaction, recipient))
        return await self._scribe.answer(decision, _RECIPIENT_TAKEN, session, transaction, to=str(recipient))

    async def handle_DATA(self, session: Session, transaction: Transaction, data: bytes) -> Reply:
        """Take the message."""
        self._intake.spent.receive_seconds += transaction.receive_seconds
        return await self._receiver.receive(_build_envelope(self._intake, session, transaction, data))

    async def handle_AUTH(self, session: Session, mechanism: str, credentials: Credentials) -> Reply:
        """Peers do not sign in."""
        return Reply(502, "5.5.1", "Command not implemented")

    async def note_refusal(self, session: Session, transaction: Transaction, reply: Reply, rule: str) -> None:
        """See ``Handler``."""
        await self._scribe.note_refusal(session, transaction, reply, rule)

    def _settle(
        self, series: Iterable[Decision | None], transaction: Transaction, peer: Peer, **facts: object
    ) -> Decision:
        """The answer; what rules in shadow would have answered is told."""
        rules = self._settings.policy.in_shadow
        return self._intake.shadows.settle(series, rules, transaction.id, lambda: {**describe_peer(peer), **facts})

    def _count(self, transaction: Transaction) -> Taken:
        first = transaction.recipients[0].domain if transaction.recipients else ""
        limit = self._settings.relay.max_recipients
        return Taken(len(transaction.recipients), limit, self._settings.find_domain(first))


class ClientHandler:
    """Answers our own accounts: signed in, writing as themselves, to members of the trust space."""

    def __init__(self, settings: Settings, intake: Intake, submitter: Submitter, login: Login) -> None:
        self._settings, self._intake, self._submitter, self._login = settings, intake, submitter, login
        self._scribe = Scribe(intake)

    async def handle_MAIL(self, session: Session, transaction: Transaction, mail: MailCommand) -> Reply:
        """May this client use this sender? Its account is looked up anew: it may have been suspended since."""
        identities: tuple[Address, ...] = ()
        if session.account is not None:
            session.account, _ = await self._intake.boxes.load_box(session.account.address, 0)
        if session.account is not None:
            identities = await self._intake.boxes.load_identities(session.account)
        transaction.identities = identities
        decision = judge_client(mail.reverse_path, session.account, identities)
        if isinstance(decision, Accept):
            decision = judge_size(mail.size, self._settings.submission.max_message_bytes)
        facts = {"from": f"<{mail.reverse_path or ''}>", "size": mail.size}
        return await self._scribe.answer(decision, _SENDER_TAKEN, session, transaction, **facts)

    async def handle_RCPT(self, session: Session, transaction: Transaction, recipient: Address) -> Reply:
        """Is it an account of ours, or one of a member of the trust space?"""
        box = await _find_box(self._settings, self._intake, transaction, recipient)
        taken = Taken(len(transaction.recipients), self._settings.submission.max_recipients)
        trust = self._intake.trust
        freshness = trust.freshness(self._intake.clock())
        series = weigh_submitted_recipient(recipient, box, taken, trust.white_list, freshness)
        rules, facts = self._settings.policy.in_shadow, {"to": str(recipient)}
        decision = self._intake.shadows.settle(series, rules, transaction.id, lambda: facts)
        if isinstance(decision, Accept):
            decision = _judge_size(self._settings, self._intake, transaction, recipient)
        if isinstance(decision, Accept):
            decision = await self._submitter.patients.judge_recipient(*_find_pair(transaction, recipient))
        return await self._scribe.answer(decision, _RECIPIENT_TAKEN, session, transaction, to=str(recipient))

    async def handle_DATA(self, session: Session, transaction: Transaction, data: bytes) -> Reply:
        """Take the message."""
        self._intake.spent.receive_seconds += transaction.receive_seconds
        return await self._submitter.submit(_build_envelope(self._intake, session, transaction, data))

    async def handle_AUTH(self, session: Session, mechanism: str, credentials: Credentials) -> Reply:
        """Sign in; a failure is answered late, so that guessing takes its time."""
        try:
            session.account = await self._login(
                credentials.user, credentials.password, session.peer_facts, mechanism, trace_id=session.id
            )
        except LoginFault as fault:
            session.failed_logins += 1
            await asyncio.sleep(self._settings.login.failure_delay_seconds)
            return find_reply(fault) or Reply(535, "5.7.8", "Authentication failed")
        except StoreFault:
            _log.exception("%s: sign-in could not be checked", session.id)
            return Reply(454, "4.7.0", "Temporary authentication failure")  # RFC 4954 §6
        return Reply(235, "2.7.0", "Authentication successful")

    async def note_refusal(self, session: Session, transaction: Transaction, reply: Reply, rule: str) -> None:
        """See ``Handler``."""
        await self._scribe.note_refusal(session, transaction, reply, rule)


def _find_pair(transaction: Transaction, recipient: Address) -> tuple[ReversePath, Address, int | None]:
    """Who writes to whom, and how much was announced."""
    mail = transaction.mail
    return (None, recipient, None) if mail is None else (mail.reverse_path, recipient, mail.size)


def _judge_size(settings: Settings, intake: Intake, transaction: Transaction, recipient: Address) -> Decision:
    """The size MAIL announced, against what this recipient's domain takes."""
    size = transaction.mail.size if transaction.mail else None
    return judge_sizes(settings, intake.sizes, size, (recipient,))


async def _find_box(settings: Settings, intake: Intake, transaction: Transaction, recipient: Address) -> Box:
    domain = settings.find_domain(recipient.domain)
    if domain is None:
        return Box(None, None)
    size = transaction.mail.size if transaction.mail else None
    account, is_full = await intake.boxes.find_box(recipient, size or 1)
    sender = transaction.mail.reverse_path if transaction.mail else None
    if account is not None:
        return Box(domain, account, is_full)
    way = await intake.boxes.find_way(recipient, sender, intake.clock())
    return Box(domain, None, is_full, way.leads_on, way.refusal)


def _build_envelope(intake: Intake, session: Session, transaction: Transaction, data: bytes) -> Envelope:
    mail = transaction.mail
    return Envelope(
        id=transaction.id,
        reverse_path=mail.reverse_path if mail else None,
        recipients=tuple(transaction.recipients),
        peer=session.judged_peer or session.peer_facts,
        message=RawMessage(data),
        received_at=intake.clock(),
        login=session.account.address if session.account else None,
        parameters=mail.parameters if mail else PLAIN_MAIL,
        asked=dict(transaction.asked),
        identities=transaction.identities,
    )


def _describe_sender(transaction: Transaction) -> str:
    return f"<{(transaction.mail and transaction.mail.reverse_path) or ''}>"
