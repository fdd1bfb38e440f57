"""A session with a peer's server: connect, STARTTLS, who is it, then message after message."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from mssmail.core.decision import Decision, Refuse
from mssmail.core.envelope import Peer
from mssmail.core.reply import Reply
from mssmail.delivery.dialogue import Dialogue, State
from mssmail.delivery.events import Broken, Capabilities, Done, Ready, TlsWanted, Transaction
from mssmail.delivery.link import Link
from mssmail.delivery.outcome import Deferred, Delivered, Failed, Outcome, read_outcome
from mssmail.delivery.payload import judge_recipient
from mssmail.errors import PeerFault
from mssmail.settings import Endpoint

_E = TypeVar("_E", TlsWanted, Ready)


@dataclass(frozen=True, slots=True)
class Manners:
    """How we meet peers: by which name, how long we wait, and by whose rules we believe them."""

    ehlo_name: str
    context: ssl.SSLContext
    identify: Callable[[ssl.SSLObject, Endpoint], Peer]
    connect_seconds: float
    reply_seconds: float


class Session:
    """An open session with a peer that was judged. Use it for one message at a time; close it in any case."""

    def __init__(self, link: Link, peer: Peer, capabilities: Capabilities, reply_seconds: float) -> None:
        self.peer = replace(peer, helo=capabilities.name)
        self.is_broken = False  # in the middle of a message, or by its owner
        self._link = link
        self._reply_seconds = reply_seconds
        self.capabilities = capabilities
        self._messages = 0  # transactions begun

    @property
    def is_open(self) -> bool:
        """It takes another message: neither of us has closed it. Peers may, between two messages (RFC 5321 §3.8)."""
        limit = self.capabilities.max_messages  # RFC 9422 §4.1
        is_spent = limit is not None and self._messages >= limit
        return not self.is_broken and not is_spent and self._link.dialogue.state is State.READY

    async def send(self, transaction: Transaction) -> tuple[Outcome, ...]:
        """The outcome for each recipient, in order; a session that broke is no longer ``is_open``.

        Recipients the peer cannot be told of are refused here, without a word to it.
        """
        refusals = [judge_recipient(recipient, self.capabilities) for recipient in transaction.recipients]
        told = tuple(
            recipient for recipient, refusal in zip(transaction.recipients, refusals, strict=True) if refusal is None
        )
        answers = iter(await self._send_all(replace(transaction, recipients=told)) if told else ())
        return tuple(next(answers) if refusal is None else Failed(refusal, is_ours=True) for refusal in refusals)

    async def _send_all(self, transaction: Transaction) -> tuple[Outcome, ...]:
        """Recipients it only had no room for in one transaction (452, RFC 5321 §4.5.3.1.10) get another one at once."""
        outcomes = list(await self._send_once(transaction))
        while self.is_open and any(isinstance(outcome, Delivered) for outcome in outcomes):
            left = [number for number, outcome in enumerate(outcomes) if _had_no_room(outcome)]
            if not left:
                break
            again = replace(transaction, recipients=tuple(transaction.recipients[number] for number in left))
            answers = await self._send_once(again)
            for number, outcome in zip(left, answers, strict=True):
                outcomes[number] = outcome
            if not any(isinstance(outcome, Delivered) for outcome in answers):
                break
        return tuple(outcomes)

    async def close(self) -> None:
        """Say QUIT and let go."""
        self.is_broken = True
        await self._link.close()

    async def _send_once(self, transaction: Transaction) -> tuple[Outcome, ...]:
        dialogue = self._link.dialogue
        if not self.is_open:
            return (Deferred("the peer closed the connection between two messages"),) * len(transaction.recipients)
        refused = [event for event in dialogue.send(transaction) if isinstance(event, Done)]
        if refused:
            return tuple(Failed(reply, is_ours=True) for reply in refused[0].replies)
        self._messages += 1
        try:
            event = await self._link.next_event(self._reply_seconds)
        except PeerFault as fault:
            event = dialogue.abandon(str(fault))
        if isinstance(event, Done):
            return tuple(self._read_outcome(reply) for reply in event.replies)
        self.is_broken = True
        self._link.abort()
        if not isinstance(event, Broken):
            raise TypeError(f"the dialogue has no business with {event}")
        reason = _explain(event, self._link)
        # What the peer said last is kept for people to read; a 2xx or 5xx among it settles nothing (RFC 5321 §3.8).
        return tuple(Deferred(reason, event.reply) if own is None else read_outcome(own) for own in event.replies)

    def _read_outcome(self, reply: Reply) -> Outcome:
        outcome = read_outcome(reply)
        return replace(outcome, heeds_dsn=self.capabilities.has("DSN")) if isinstance(outcome, Delivered) else outcome


async def open_session(
    endpoint: Endpoint, addresses: Sequence[str], judge: Callable[[Peer], Decision], manners: Manners
) -> Session | Refuse:
    """A session with the first of the server's addresses that answers, or the refusal to trust who answers there.

    Raises PeerFault when nobody can be spoken to. No command but EHLO and STARTTLS is sent before ``judge`` agreed.
    """
    link = await _connect(endpoint, addresses, manners)
    try:
        await _expect(link, TlsWanted, manners.connect_seconds)
        tls = await link.start_tls(manners.context, endpoint.host, manners.connect_seconds)
        peer = manners.identify(tls, endpoint)
        decision = judge(peer)
        if isinstance(decision, Refuse):
            link.abort()
            return decision
        link.dialogue.tls_established()
        ready = await _expect(link, Ready, manners.reply_seconds)
    except BaseException:
        link.abort()
        raise
    return Session(link, peer, ready.capabilities, manners.reply_seconds)


async def _connect(endpoint: Endpoint, addresses: Sequence[str], manners: Manners) -> Link:
    loop = asyncio.get_running_loop()
    causes = []
    for address in addresses:
        try:
            async with asyncio.timeout(manners.connect_seconds):
                _, link = await loop.create_connection(
                    lambda: Link(Dialogue(manners.ehlo_name)), address, endpoint.port
                )
        except (OSError, TimeoutError) as error:
            causes.append(f"{address}: {error or type(error).__name__}")
        else:
            return link
    raise PeerFault(f"no connection to {endpoint}: {'; '.join(causes) or 'it has no address'}")


async def _expect(link: Link, wanted: type[_E], seconds: float) -> _E:
    event = await link.next_event(seconds)
    if isinstance(event, wanted):
        return event
    if not isinstance(event, Broken):
        raise TypeError(f"the dialogue has no business with {event}")
    raise PeerFault(_explain(event, link), reply=event.reply)


def _explain(event: Broken, link: Link) -> str:
    parts = (event.reason, event.reply, link.error)
    return ": ".join(str(part) for part in parts if part)


def _had_no_room(outcome: Outcome) -> bool:
    if not isinstance(outcome, Deferred) or outcome.reply is None:
        return False
    return outcome.reply.code == 452 and outcome.reply.status in {"", "4.5.3"}
