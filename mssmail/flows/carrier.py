"""Carrying a lane's mail: where it goes, hand over message after message, settle each while the next is under way."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from mssmail.core.clock import Clock
from mssmail.core.decision import Accept, Decision, Refuse
from mssmail.core.envelope import Peer
from mssmail.core.lane import read_via
from mssmail.core.queue import QueueItem
from mssmail.core.reply import Reply
from mssmail.core.trace import build_id
from mssmail.delivery.identity import identify_server
from mssmail.delivery.outcome import Deferred, Failed, Outcome, read_outcome
from mssmail.delivery.resolve import MailResolver
from mssmail.delivery.tls import ClientContexts
from mssmail.delivery.transport import Manners, Session
from mssmail.errors import PeerFault, StoreFault
from mssmail.flows.evidence import describe_peer
from mssmail.flows.handover import Door, Handover, Opener, list_doors
from mssmail.flows.handshakes import FailedHandshake, Handshakes
from mssmail.flows.inflight import Inflight
from mssmail.flows.intake import TrustSource
from mssmail.flows.lane import Lane
from mssmail.flows.local_delivery import LocalDelivery
from mssmail.flows.meeting import build_opener
from mssmail.flows.peer_book import PeerBook
from mssmail.flows.peer_sizes import PeerSizes
from mssmail.flows.settlement import Attempt, Settlement
from mssmail.flows.shadows import Shadows
from mssmail.policy.peer import weigh_peer
from mssmail.policy.retry import Trouble
from mssmail.policy.routing import Here, Local, NextHop, Nowhere, judge_route
from mssmail.settings import Settings
from mssmail.store.engine import Store
from mssmail.store.messages import KeptMessage, load_message
from mssmail.store.peers_seen import Direction
from mssmail.trust.usage import Purpose

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ends:
    """Where what was carried ends: settled, in a box of ours, and in the file of what is under way."""

    settlement: Settlement
    here: LocalDelivery
    marks: Inflight


class Carrier:
    """Carries lanes; several at a time, and several for one lane, are no concern of each other."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        trust: TrustSource,
        resolver: MailResolver,
        ends: Ends,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._store = store
        self._trust = trust
        self._resolver = resolver
        self._settlement, self._locals, self._marks = ends.settlement, ends.here, ends.marks
        self._clock = clock
        self._here = describe_here(settings)
        self._alone = asyncio.Lock()  # of items that are suspected: one at a time, so that the guilty one is found
        self._peers = PeerBook(store, clock)
        self.shadows = Shadows(store, clock)
        self.sizes = PeerSizes(store, clock)
        self._handshakes = Handshakes(store, trust, clock)
        self._contexts = ClientContexts(settings.relay.certificate, settings.relay.key)
        self._dice = random.Random()  # noqa: S311 - it spreads load, it hides nothing

    async def carry(self, lane: Lane) -> Handover | None:
        """One session's work for this lane: until nothing waits in it any more, or its servers cannot be reached.

        What comes back is to be closed; it is of no more use, and how a peer says good-bye delays nothing.
        """
        try:
            route = await self._find_doors(lane)
        except PeerFault as fault:
            await self.leave(lane, Deferred(str(fault)))
            return None
        if isinstance(route, Local):
            await self._deliver_here(lane)
            return None
        if isinstance(route, Deferred):
            await self.leave(lane, route, Trouble.OURS)
            return None
        if isinstance(route, Outcome):
            lane.note_success("")
            await self.settle_all(lane, lane.clear(), route)
            return None
        hop, doors = route
        handover = Handover(lane, doors, self._learn_sizes(hop.domain, self._build_opener(lane, hop)))
        try:
            await self._hand_over(lane, handover)
        except BaseException:
            await handover.close()
            raise
        return handover

    def _learn_sizes(self, domain: str, open_door: Opener) -> Opener:
        async def open_and_learn(door: Door) -> Session | Refuse:
            opened = await open_door(door)
            if isinstance(opened, Session):
                self.sizes.learn(domain, opened.capabilities.max_bytes)
            return opened

        return open_and_learn

    async def leave(self, lane: Lane, outcome: Outcome, trouble: Trouble = Trouble.PEER) -> None:
        """Nothing can be handed over at present: the lane rests, and what was in hand says why."""
        items = lane.clear()
        if isinstance(outcome, Deferred):
            lane.note_failure(self._clock(), outcome.reason, self._dice.random())
        await self.settle_all(lane, items, outcome, trouble)

    async def settle_all(
        self, lane: Lane, items: Sequence[QueueItem], outcome: Outcome, trouble: Trouble = Trouble.RECIPIENT
    ) -> None:
        """Give these items the same outcome; what cannot be settled now is tried again when its lease has run out."""
        by_message: dict[int, list[QueueItem]] = {}
        for item in items:
            by_message.setdefault(item.message_id, []).append(item)
        for group in by_message.values():
            try:
                message = await self._load(group)
                if message is not None:
                    await self._settlement.settle(message, [Attempt(each, outcome, None, trouble) for each in group])
            except Exception:
                _log.exception("%d items for %s cannot be settled now", len(group), lane.name)
            lane.forget(group)

    async def _deliver_here(self, lane: Lane) -> None:
        """Mail for one of our own domains: what cannot be put into its mailbox is settled like any other."""
        while (group := lane.take()) is not None:
            ended = await self._locals.deliver(group, self._clock())
            for item, outcome in zip(group, ended, strict=True):
                if outcome is not None:
                    await self.settle_all(lane, [item], outcome)
            lane.forget(group)
        lane.note_success("")

    async def _find_doors(self, lane: Lane) -> tuple[NextHop, list[Door]] | Local | Outcome:
        """Where the lane leads, or what becomes of all in it. Raises PeerFault when that cannot be known now."""
        trust, recipient = self._trust, next(iter(lane.in_hand.values())).recipient
        freshness = trust.freshness(self._clock())
        route = judge_route(
            recipient, self._here, self._settings.route, trust.white_list, freshness, read_via(lane.name)
        )
        match route:
            case Local():
                return route
            case Nowhere(_, reply):
                return read_outcome(reply)
            case NextHop():
                if route.servers:
                    return route, list_doors(await self._resolver.resolve_servers(route.servers))
                targets = await self._resolver.resolve(route.domain)
                if isinstance(targets, Reply):
                    return Failed(targets, is_ours=True) if targets.is_permanent else Deferred(str(targets), targets)
                return route, list_doors(targets)
            case _:
                assert_never(route)

    async def _hand_over(self, lane: Lane, handover: Handover) -> None:
        settling: asyncio.Task[None] | None = None
        try:
            while True:
                group = lane.take()
                if group is None:
                    if await lane.wait():
                        continue
                    return
                answer = await self._offer(lane, handover, group)
                if settling is not None:
                    await settling
                    settling = None
                if isinstance(answer, Outcome):
                    return await self._give_up(lane, group, answer)
                if answer is not None:
                    # While the outcome of one reaches the disk the next is sent: at most one is in doubt at a crash.
                    settling = asyncio.create_task(self._settle(lane, group, *answer))
        finally:
            if settling is not None:
                await settling

    async def _offer(
        self, lane: Lane, handover: Handover, group: Sequence[QueueItem]
    ) -> tuple[KeptMessage, list[Attempt]] | Outcome | None:
        """How it ended, why nobody could be spoken to, or None when there is no more to be said of these items."""
        is_suspected = any(item.crashes for item in group)
        if is_suspected:
            await self._alone.acquire()
        try:
            self._marks.enter(item.id for item in group)
            message = await self._load(group)
            if message is None:  # removed by an administrator meanwhile, its items with it
                self._finish(lane, group)
                return None
            answer = await handover.offer(message, group)
        except (StoreFault, OSError):  # OSError: of the file of marks; those of the network do not come so far
            _log.exception("a message for %s cannot be read now", lane.name)
            self._finish(lane, group)  # its lease runs out
            return None
        except Exception as error:
            _log.exception("a message for %s could not be handed over", lane.name)
            await self._set_back(lane, group, f"internal fault: {type(error).__name__}")
            return None
        finally:
            if is_suspected:
                self._alone.release()
        return answer if isinstance(answer, Outcome) else (message, answer)

    async def _settle(
        self, lane: Lane, group: Sequence[QueueItem], message: KeptMessage, attempts: Sequence[Attempt]
    ) -> None:
        try:
            await self._settlement.settle(message, attempts)
        except StoreFault:
            _log.exception("how %d deliveries ended cannot be written down: they will be tried again", len(group))
        except Exception as error:
            _log.exception("how %d deliveries ended cannot be told", len(group))
            await self._set_back(lane, group, f"internal fault: {type(error).__name__}")
        self._finish(lane, group)

    async def _give_up(self, lane: Lane, group: list[QueueItem], outcome: Outcome) -> None:
        self._marks.leave(item.id for item in group)
        lane.put_back(group)
        if lane.sessions > 1 and isinstance(outcome, Deferred):
            lane.is_narrow = True  # the others go on: this peer wants no more of us at a time
            return
        await self.leave(lane, outcome)

    async def _set_back(self, lane: Lane, group: Sequence[QueueItem], reason: str) -> None:
        try:
            await self._settlement.set_back(group, reason)
        except Exception:
            _log.exception("%d items for %s stay leased until their leases run out", len(group), lane.name)
        self._finish(lane, group)

    def _finish(self, lane: Lane, group: Sequence[QueueItem]) -> None:
        self._marks.leave(item.id for item in group)
        lane.forget(group)

    async def _load(self, group: Sequence[QueueItem]) -> KeptMessage | None:
        message_id = group[0].message_id
        return await asyncio.wrap_future(self._store.read(lambda conn: load_message(conn, message_id)))

    def _build_opener(self, lane: Lane, hop: NextHop) -> Opener:
        def note(door: Door, fault: PeerFault) -> str:
            offered = fault.facts.get("offered")
            cause, endpoint = str(fault.facts.get("handshake")), door.endpoint
            return self._handshakes.note(
                FailedHandshake(
                    endpoint.host,
                    endpoint.port,
                    cause,
                    Purpose.TLS_SERVER,
                    offered if isinstance(offered, tuple) else (),
                    hop.domain,
                )
            )

        return build_opener(self._trust, self._judge_for(lane, hop), self._find_manners, note)

    def _judge_for(self, lane: Lane, hop: NextHop) -> Callable[[Peer], Decision]:
        trust, mode = self._trust, self._settings.trust.revocation
        min_tls = max(hop.min_tls.value, lane.peer.tls_floor)

        def judge(peer: Peer) -> Decision:
            freshness = trust.freshness(self._clock())
            series = weigh_peer(peer, hop.domain, trust.white_list, freshness, mode, min_tls)
            rules = self._settings.policy.in_shadow
            facts = {"domain": hop.domain}
            decision = self.shadows.settle(series, rules, build_id(), lambda: {**describe_peer(peer), **facts})
            if isinstance(decision, Accept):
                self._peers.note(peer, Direction.OUT, hop.domain)
            return decision

        return judge

    def _find_manners(self) -> Manners:
        trust = self._trust
        return Manners(
            ehlo_name=self._settings.server.name,
            context=self._contexts.find_context(trust.store.snapshot),
            identify=lambda tls, endpoint: identify_server(tls, endpoint, trust.store, self._clock()),
            connect_seconds=self._settings.queue.connect_timeout_seconds,
            reply_seconds=self._settings.queue.command_timeout_seconds,
        )


def describe_here(settings: Settings) -> Here:
    """What is ours, by which loops are known."""
    listen = settings.relay.listen
    endpoints = frozenset() if listen is None else frozenset({listen})
    return Here(frozenset(domain.name for domain in settings.domain), settings.server.name, endpoints)
