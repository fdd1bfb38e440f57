"""The dispatcher: claims what is due, lane by lane, and sees that nothing stays unsettled.

A lane is what goes one way together, mostly a domain. Lanes do not know of each other: each has its own sessions, and a
share of every claim, so a dead peer or a slow one delays nobody else. What is claimed is leased; should this process
die, the next dispatcher of this store takes it back.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from mssmail.core.clock import Clock, read_clock
from mssmail.core.lane import PeerState
from mssmail.core.queue import QueueItem
from mssmail.delivery.outcome import Deferred
from mssmail.delivery.resolve import MailResolver, build_resolver
from mssmail.errors import Fault
from mssmail.flows.bell import Bells
from mssmail.flows.carrier import Carrier, Ends, describe_here
from mssmail.flows.distribution import Distributor
from mssmail.flows.figures import Figures
from mssmail.flows.inflight import Inflight
from mssmail.flows.intake import Examiner, TrustSource
from mssmail.flows.lane import Lane
from mssmail.flows.local_delivery import LocalDelivery
from mssmail.flows.poison import DIED, Mishap, build_patience, set_back
from mssmail.flows.reports import Reporter
from mssmail.flows.settlement import Settlement
from mssmail.policy.retry import Trouble
from mssmail.settings import Settings
from mssmail.store.engine import Connection, Store
from mssmail.store.peers import save_peer
from mssmail.store.queue import (
    Waiting,
    claim,
    claim_overdue,
    give_back,
    list_waiting,
    load_items,
    release_expired,
    release_leases,
    renew_leases,
)

_log = logging.getLogger(__name__)

MARKS = "inflight"  # in the store's folder
_CLAIM = 512  # items taken in one transaction, shared out among the lanes that want some
_LONGEST_SLEEP = 5.0  # seconds; a look costs little, and people's commands come by way of the store
_GATHER_SECONDS = 0.01  # what is queued in so short a time is looked at together
_PAUSE_SECONDS = 5.0  # after a fault of the store
_OVERDUE_SECONDS = 10.0  # between looks at what waits for a resting peer
_ANY_NUMBER = 1_000_000  # of delay reports: more than there ever are


class Dispatcher:
    """Sends what is queued. ``wake`` it when something was put into the queue."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        trust: TrustSource,
        pool: Examiner,
        bells: Bells,
        *,
        resolver: MailResolver | None = None,
        clock: Clock = read_clock,
    ) -> None:
        self._limits = settings.queue
        self._store = store
        self._clock = clock
        self._dice = random.Random()  # noqa: S311 - it spreads load, it hides nothing
        self._marks = Inflight(store.directory / MARKS)
        self._settlement = Settlement(settings.queue, store, Reporter(settings, store, pool), bells, clock, self._dice)
        resolver = resolver or build_resolver(describe_here(settings), settings.queue.dns_servers)
        ends = Ends(self._settlement, LocalDelivery(store, Distributor(settings), bells), self._marks)
        self._carrier = Carrier(settings, store, trust, resolver, ends, clock)
        self.sizes = self._carrier.sizes
        self.shadows = self._carrier.shadows
        self._turns = asyncio.Semaphore(max(1, settings.queue.max_concurrent))
        self._woken = asyncio.Event()
        self._stopping = False
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._main: asyncio.Task[None] | None = None
        self._leases = _Rhythm(timedelta(seconds=settings.queue.lease_seconds / 3))
        self._overdue = _Rhythm(timedelta(seconds=_OVERDUE_SECONDS))

    @property
    def figures(self) -> Figures:
        """What deliveries amounted to so far."""
        return self._settlement.figures

    async def start(self) -> None:
        """Take back what a dead dispatcher of this store held, note what it died on, then begin."""
        mishap = Mishap(DIED, self._clock(), self._dice.random())
        patience, died_on = build_patience(self._limits), sorted(self._marks.left)

        def take_back(conn: Connection) -> tuple[int, int]:
            held = set_back(conn, load_items(conn, died_on), mishap, patience)
            return release_leases(conn, mishap.at), held

        await asyncio.to_thread(self.sizes.load)
        released, held = await asyncio.wrap_future(self._store.submit(take_back))
        if released or died_on:
            _log.info("%d items were under way when the last dispatcher ended", released + len(died_on))
        if held:
            _log.error("%d items are held: the server died on each of them several times", held)
        self._main = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Something was queued, or may have come due."""
        self._woken.set()

    async def stop(self, patience_seconds: float = 10.0) -> None:
        """Let what is under way end, but not for long; the rest is given back to the queue, due at once."""
        self._stopping = True
        for lane in self._lanes.values():
            lane.close()
        self.wake()
        if self._main is not None:
            await self._main
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._give_back()
        self._marks.close()

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                seconds = await self._look()
            except Exception:  # whatever it is: mail goes on waiting, and this task must not end
                _log.exception("the queue cannot be read")
                seconds = _PAUSE_SECONDS
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue
            if not self._stopping:
                await asyncio.sleep(_GATHER_SECONDS)

    async def _look(self) -> float:
        """Take what is due into the lanes; the seconds until there may be more."""
        now, began = self._clock(), asyncio.get_running_loop().time()
        await self._tend(now)
        waiting = await asyncio.wrap_future(self._store.read(list_waiting))
        self._forget_lanes({each.lane for each in waiting}, began)
        wanted: dict[str, Lane] = {}
        soonest = now + timedelta(seconds=_LONGEST_SLEEP)
        for each in waiting:
            lane = self._find_lane(each, began)
            ready_at = max(each.due_at, lane.peer.rests_until or each.due_at)
            if ready_at > now:
                soonest = min(soonest, ready_at)
            elif lane.room:
                wanted[each.lane] = lane
        if wanted and not self._stopping:
            await self._claim(wanted, now)
            soonest = now if len(wanted) > _CLAIM else soonest
        for lane in list(self._lanes.values()):
            await self._save(lane)
            while lane.wants_session() and not self._stopping:
                self._begin(lane)
        return max((soonest - self._clock()).total_seconds(), 0.01)

    def _find_lane(self, waiting: Waiting, began: float) -> Lane:
        """The lane at work; one nobody works for knows what the store knew of its peer when this look began."""
        lane = self._lanes.get(waiting.lane)
        if lane is None or (lane.is_idle and lane.idle_since < began and lane.peer != waiting.peer):
            lane = self._lanes[waiting.lane] = Lane(waiting.peer, self._limits, self.wake)
        return lane

    def _forget_lanes(self, waiting: set[str], began: float) -> None:
        """Drop the lanes nobody works for and nothing waits in.

        Not one that has become idle since this look began: the store may have been read before it was told of its rest.
        """
        for name, lane in list(self._lanes.items()):
            if lane.is_idle and lane.idle_since < began and name not in waiting:
                del self._lanes[name]

    async def _claim(self, wanted: dict[str, Lane], now: datetime) -> None:
        names = sorted(wanted, key=lambda _name: self._dice.random())[:_CLAIM]  # chance is fair in the long run
        share = _CLAIM // len(names)
        shares = {name: min(wanted[name].room, share) for name in names}
        until = now + timedelta(seconds=self._limits.lease_seconds)
        items = await asyncio.wrap_future(self._store.submit(lambda conn: claim(conn, now, shares, until)))
        claimed: dict[str, list[QueueItem]] = {}
        for item in items:
            claimed.setdefault(item.lane, []).append(item)
        for name, theirs in claimed.items():
            lane = wanted[name]
            lane.enter(theirs)

    def _begin(self, lane: Lane) -> None:
        lane.sessions += 1
        task = asyncio.create_task(self._serve(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, lane: Lane) -> None:
        """One session's work for a lane."""
        handover = None
        try:
            async with self._turns:
                if lane.in_hand:
                    handover = await self._carrier.carry(lane)
        except Exception as error:  # one lane's fault must not end the others, nor strand its items
            _log.exception("mail for %s could not be dealt with", lane.name)
            await self._carrier.leave(lane, Deferred(f"internal fault: {type(error).__name__}"), Trouble.OURS)
        finally:
            await self._save(lane)
            lane.sessions -= 1
            lane.idle_since = asyncio.get_running_loop().time()
            if lane.wants_session() and not self._stopping:
                self._begin(lane)  # something came in at the last moment
            self.wake()
            if handover is not None:
                await handover.close()

    async def _save(self, lane: Lane) -> None:
        if not lane.is_changed:
            return
        state: PeerState = lane.peer
        lane.is_changed = False
        try:
            await asyncio.shield(asyncio.wrap_future(self._store.submit(lambda conn: save_peer(conn, state))))
        except Fault:
            _log.exception("what was learnt of %s is forgotten with this process", lane.name)

    async def _tend(self, now: datetime) -> None:
        """Renew our leases, take back those nobody renews, and say what must be said about what waits unattempted."""
        if self._leases.is_due(now):
            until = now + timedelta(seconds=self._limits.lease_seconds)
            ours = [id for lane in self._lanes.values() for id in lane.in_hand]

            def tend(conn: Connection) -> None:
                renew_leases(conn, ours, until)
                release_expired(conn, now)

            await asyncio.wrap_future(self._store.submit(tend))
        if self._overdue.is_due(now):
            await self._tell_overdue(now)

    async def _tell_overdue(self, now: datetime) -> None:
        """What waits for a resting peer beyond our patience is given up, and senders are told of long waits."""
        waiting = await asyncio.wrap_future(self._store.read(list_waiting))
        resting = {each.lane: each.peer for each in waiting if each.peer.rests_until and each.peer.rests_until > now}
        moments = [(now - timedelta(seconds=self._limits.give_up_seconds), _ANY_NUMBER)]
        delays = sorted(self._limits.delay_report_seconds)
        moments += [(now - timedelta(seconds=seconds), number) for number, seconds in enumerate(delays, 1)]
        if resting:
            await self._settle_overdue(resting, moments, now + timedelta(seconds=self._limits.lease_seconds))

    async def _settle_overdue(
        self, resting: dict[str, PeerState], moments: Sequence[tuple[datetime, int]], until: datetime
    ) -> None:
        items = await asyncio.wrap_future(
            self._store.submit(lambda conn: claim_overdue(conn, list(resting), moments, until, _CLAIM))
        )
        for name in sorted({item.lane for item in items}):
            peer = resting[name]
            outcome = Deferred(peer.reason or "its servers cannot be reached")
            theirs = [item for item in items if item.lane == name]
            await self._carrier.settle_all(Lane(peer, self._limits), theirs, outcome, Trouble.PEER)

    async def _give_back(self) -> None:
        ids = [id for lane in self._lanes.values() for id in lane.in_hand]
        now = self._clock()
        try:
            await asyncio.shield(asyncio.wrap_future(self._store.submit(lambda conn: give_back(conn, ids, now))))
        except Fault:
            _log.exception("%d items stay leased until their leases run out", len(ids))
        self._lanes.clear()


class _Rhythm:
    """Now and then."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._last_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """It is time again, and from now on it is not."""
        if self._last_at is not None and now - self._last_at < self._every:
            return False
        self._last_at = now
        return True
