"""Carrying mail to one domain's servers: route, connect, hand over message after message, settle each at once."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from mssmail.core.clock import Clock
from mssmail.core.decision import Decision, Refuse
from mssmail.core.envelope import Peer
from mssmail.core.queue import QueueItem
from mssmail.core.reply import Reply
from mssmail.delivery.events import Transaction
from mssmail.delivery.identity import identify_server
from mssmail.delivery.outcome import Deferred, Failed, Outcome, read_outcome
from mssmail.delivery.resolve import MailResolver, Target
from mssmail.delivery.tls import ClientContexts
from mssmail.delivery.transport import Manners, Session, open_session
from mssmail.errors import BadCertificate, PeerFault
from mssmail.flows.intake import FETCH_SECONDS, TrustSource
from mssmail.flows.local_delivery import LocalDelivery
from mssmail.flows.settlement import Attempt, Settlement
from mssmail.policy.peer import judge_peer
from mssmail.policy.routing import Local, NextHop, Nowhere, judge_route
from mssmail.settings import Settings
from mssmail.store.engine import Store
from mssmail.store.messages import load_message

_log = logging.getLogger(__name__)

_MAX_RECIPIENTS = 100  # of one transaction; what every server takes (RFC 5321 §4.5.3.1.8)
_MAX_BREAKS = 3  # sessions in a row that ended in the middle of a message: then the peer is left alone for a while


@dataclass(eq=False)
class Batch:
    """Items for one domain. ``pending`` are those whose outcome is not yet on the disk."""

    domain: str
    pending: dict[int, QueueItem] = field(default_factory=dict)


class Carrier:
    """Carries batches; several at a time are no concern of each other."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        trust: TrustSource,
        resolver: MailResolver,
        settlement: Settlement,
        clock: Clock,
        locals_: LocalDelivery,
    ) -> None:
        self._locals = locals_
        self._settings = settings
        self._store = store
        self._trust = trust
        self._resolver = resolver
        self._settlement = settlement
        self._clock = clock
        self._contexts = ClientContexts(settings.relay.certificate, settings.relay.key)

    async def carry(self, batch: Batch) -> Deferred | None:
        """Try everything that is pending; why the domain cannot be reached at present, if it cannot."""
        now = self._clock()
        own = {domain.name for domain in self._settings.domain}
        recipient = next(iter(batch.pending.values())).recipient
        trust = self._trust
        route = judge_route(recipient, own, self._settings.route, trust.white_list, trust.freshness(now))
        match route:
            case Local():
                await self._deliver_here(batch)
            case Nowhere(_, reply):
                await self.settle_all(batch, read_outcome(reply))
            case NextHop():
                return await self._carry_to_peer(batch, route)
            case _:
                assert_never(route)
        return None

    async def settle_all(self, batch: Batch, outcome: Outcome) -> None:
        """Give everything that is pending the same outcome."""
        for items in group_items(batch.pending.values()):
            await self._settle(batch, items, (outcome,) * len(items), None)

    async def _deliver_here(self, batch: Batch) -> None:
        for items in group_items(batch.pending.values()):
            ended = await self._locals.deliver(items, self._clock())
            left = [(item, outcome) for item, outcome in zip(items, ended, strict=True) if outcome is not None]
            _forget(batch, [item for item, outcome in zip(items, ended, strict=True) if outcome is None])
            if left:
                await self._settle(batch, [item for item, _ in left], [outcome for _, outcome in left], None)

    async def _carry_to_peer(self, batch: Batch, hop: NextHop) -> Deferred | None:
        try:
            targets = await self._find_targets(hop)
        except PeerFault as fault:
            return await self._leave(batch, Deferred(str(fault)))
        if isinstance(targets, Reply):
            return await self._leave(batch, read_outcome(targets))
        waiting = deque(group_items(batch.pending.values()))
        session: Session | None = None
        breaks = 0
        try:
            while waiting:
                if session is None or not session.is_open:
                    if session is not None:
                        await session.close()
                        session = None
                    opened = await self._open(batch.domain, targets)
                    if not isinstance(opened, Session):
                        return await self._leave(batch, opened)
                    session = opened
                items = waiting.popleft()
                limit = session.capabilities.max_recipients or len(items)  # RFC 9422 §4.2
                if items[limit:]:
                    waiting.appendleft(items[limit:])
                await self._hand_over(batch, session, items[:limit])
                breaks = breaks + 1 if session.is_broken else 0
                if breaks == _MAX_BREAKS and waiting:
                    return await self._leave(batch, Deferred("the peer broke off several times"))
        finally:
            if session is not None:
                await session.close()
        return None

    async def _leave(self, batch: Batch, outcome: Outcome) -> Deferred | None:
        await self.settle_all(batch, outcome)
        return outcome if isinstance(outcome, Deferred) else None

    async def _find_targets(self, hop: NextHop) -> Sequence[Target] | Reply:
        if hop.server is not None:
            return await self._resolver.resolve_server(hop.server)
        return await self._resolver.resolve(hop.domain)

    async def _open(self, domain: str, targets: Sequence[Target]) -> Session | Outcome:
        """A session with the first server that may have mail for this domain, or why there is none."""
        answer: Outcome = Deferred("no server")
        for target in targets:
            try:
                opened = await self._meet(domain, target)
            except (PeerFault, BadCertificate) as fault:
                reply = fault.facts.get("reply")
                answer = Deferred(f"{target.endpoint}: {fault}", reply if isinstance(reply, Reply) else None)
            else:
                if isinstance(opened, Session):
                    return opened
                answer = Failed(opened.reply) if opened.reply.is_permanent else _defer(opened)
            _log.info("no delivery to %s by %s: %s", domain, target.endpoint, answer)
        return answer

    async def _meet(self, domain: str, target: Target) -> Session | Refuse:
        """A session, or why this server is not trusted. What is not known of its certificate is asked for, once."""
        met: list[Peer] = []
        judge = self._judge_for(domain, met)
        version = self._trust.version
        opened = await open_session(target.endpoint, target.addresses, judge, self._manners())
        if isinstance(opened, Session) or not met or not met[-1].missing:
            return opened
        is_renewed = await self._trust.fetch_missing(met[-1].missing, FETCH_SECONDS)
        if is_renewed or self._trust.version != version:
            return await open_session(target.endpoint, target.addresses, judge, self._manners())
        return opened

    async def _hand_over(self, batch: Batch, session: Session, items: Sequence[QueueItem]) -> None:
        message_id = items[0].message_id
        message = await asyncio.wrap_future(self._store.read(lambda conn: load_message(conn, message_id)))
        if message is None:  # removed by an administrator meanwhile, its items with it
            _forget(batch, items)
            return
        recipients = tuple(item.recipient for item in items)
        outcomes = await session.send(
            Transaction(
                message.reverse_path,
                recipients,
                message.relay_prefix + message.data,
                message.parameters,
                {item.recipient: item.parameters for item in items},
            )
        )
        await self._settlement.settle(message, _pair(items, outcomes, session.peer))
        _forget(batch, items)

    async def _settle(
        self, batch: Batch, items: Sequence[QueueItem], outcomes: Sequence[Outcome], peer: Peer | None
    ) -> None:
        message_id = items[0].message_id
        message = await asyncio.wrap_future(self._store.read(lambda conn: load_message(conn, message_id)))
        if message is not None:
            await self._settlement.settle(message, _pair(items, outcomes, peer))
        _forget(batch, items)

    def _judge_for(self, domain: str, met: list[Peer]) -> Callable[[Peer], Decision]:
        trust, mode = self._trust, self._settings.trust.revocation

        def judge(peer: Peer) -> Decision:
            met.append(peer)
            return judge_peer(peer, domain, trust.white_list, trust.freshness(self._clock()), mode)

        return judge

    def _manners(self) -> Manners:
        trust = self._trust
        return Manners(
            ehlo_name=self._settings.server.name,
            context=self._contexts.find_context(trust.store.snapshot),
            identify=lambda tls, endpoint: identify_server(tls, endpoint, trust.store, self._clock()),
            connect_seconds=self._settings.queue.connect_timeout_seconds,
            reply_seconds=self._settings.queue.command_timeout_seconds,
        )


def group_items(items: Iterable[QueueItem]) -> list[list[QueueItem]]:
    """Items by message, in the order they came, no group larger than a transaction may be."""
    by_message: dict[int, list[QueueItem]] = {}
    for item in items:
        by_message.setdefault(item.message_id, []).append(item)
    return [
        group[start : start + _MAX_RECIPIENTS]
        for group in by_message.values()
        for start in range(0, len(group), _MAX_RECIPIENTS)
    ]


def _pair(items: Sequence[QueueItem], outcomes: Sequence[Outcome], peer: Peer | None) -> list[Attempt]:
    return [Attempt(item, outcome, peer) for item, outcome in zip(items, outcomes, strict=True)]


def _forget(batch: Batch, items: Sequence[QueueItem]) -> None:
    for item in items:
        batch.pending.pop(item.id, None)


def _defer(refusal: Refuse) -> Deferred:
    return Deferred(f"{refusal.rule}: {refusal.reply.text}", refusal.reply)
