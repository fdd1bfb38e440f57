"""The dispatcher: claims what is due, one lane a domain, and sees that nothing stays unsettled.

A lane carries its domain's mail one message after another over one session; lanes do not know of each other. What is
claimed is leased: should this process die, the lease runs out, or the next dispatcher of this store takes it back.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from mssmail.core.clock import Clock, read_clock
from mssmail.core.queue import QueueItem, QueueState
from mssmail.delivery.outcome import Deferred
from mssmail.delivery.resolve import MailResolver, build_resolver
from mssmail.errors import Fault
from mssmail.flows.bell import Bells
from mssmail.flows.carrier import Batch, Carrier
from mssmail.flows.distribution import Distributor
from mssmail.flows.intake import Examiner, TrustSource
from mssmail.flows.local_delivery import LocalDelivery
from mssmail.flows.reports import Reporter
from mssmail.flows.settlement import Settlement
from mssmail.settings import Settings
from mssmail.store.engine import Connection, Store
from mssmail.store.queue import claim, find_next_try, release_leases, settle

_log = logging.getLogger(__name__)

_CLAIM = 64  # items taken at a time; a lane with half of that gets no more until it has done with them
_MAX_CLAIMED = 1_024  # items in hand; what is beyond waits in the store
_LONGEST_SLEEP = 60.0  # seconds; a safeguard, wake() and the next due time make it rare
_BUSY_SECONDS = 1.0  # between looks while a lane is full: it wakes us when it is not
_PAUSE_SECONDS = 5.0  # after a fault of the store


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
        self._settings = settings
        self._store = store
        self._clock = clock
        dice = random.Random()  # noqa: S311 - it spreads load, it hides nothing
        settlement = Settlement(settings.queue, store, Reporter(settings, store, pool), bells, clock, dice)
        here = LocalDelivery(store, Distributor(settings), bells)
        self._carrier = Carrier(settings, store, trust, resolver or build_resolver(), settlement, clock, here)
        self._turns = asyncio.Semaphore(max(1, settings.queue.max_concurrent))
        self._woken = asyncio.Event()
        self._stopping = False
        self._in_hand: dict[int, QueueItem] = {}
        self._reclaimed: dict[int, QueueItem] = {}
        self._lanes: dict[str, list[QueueItem]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._main: asyncio.Task[None] | None = None
        self._resting: dict[str, tuple[float, Deferred]] = {}

    async def start(self) -> None:
        """Take back what a dead dispatcher of this store held, then begin."""
        now = self._clock()
        released = await asyncio.wrap_future(self._store.submit(lambda conn: release_leases(conn, now)))
        if released:
            _log.info("%d items were under way when the last dispatcher ended; they are tried again", released)
        self._main = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Something was queued, or may have come due."""
        self._woken.set()

    async def stop(self, patience_seconds: float = 10.0) -> None:
        """Let what is under way end, but not for long; the rest is given back to the queue, due at once."""
        self._stopping = True
        self.wake()
        if self._main is not None:
            await self._main
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._give_back(list(self._in_hand.values()), self._clock(), "the server stopped")

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                seconds = await self._claim()
            except Exception:  # whatever it is: mail goes on waiting, and this task must not end
                _log.exception("the queue cannot be read")
                seconds = _PAUSE_SECONDS
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _claim(self) -> float:
        """Take what is due into the lanes; the seconds until there may be more."""
        now = self._clock()
        until = now + timedelta(seconds=self._settings.queue.lease_seconds)
        while len(self._in_hand) < _MAX_CLAIMED:
            busy = self._find_busy()
            items = await asyncio.wrap_future(
                self._store.submit(lambda conn, busy=busy: claim(conn, now, _CLAIM, until, without=busy))  # type: ignore[misc]
            )
            self._enter(items)
            if len(items) < _CLAIM:
                break
        next_at = await asyncio.wrap_future(self._store.read(find_next_try))
        least = _BUSY_SECONDS if self._find_busy() else 0.01
        seconds = _LONGEST_SLEEP if next_at is None else (next_at - self._clock()).total_seconds()
        return min(max(seconds, least), _LONGEST_SLEEP)

    def _find_busy(self) -> list[str]:
        held = Counter(item.recipient.domain for item in self._in_hand.values())
        return [domain for domain, number in held.items() if number >= _CLAIM // 2]

    def _enter(self, items: Iterable[QueueItem]) -> None:
        for item in items:
            if item.id in self._in_hand:
                # Its lease ran out while its lane waits for a slow peer, or its lane has just settled it and has not
                # told us yet: the lane will give it back, and then it is claimed anew.
                self._reclaimed[item.id] = item
                continue
            self._in_hand[item.id] = item
            domain = item.recipient.domain
            if domain in self._lanes:
                self._lanes[domain].append(item)
                continue
            self._lanes[domain] = [item]
            task = asyncio.create_task(self._serve(domain))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, domain: str) -> None:
        """A lane: until nothing waits in it."""
        try:
            async with self._turns:
                while self._lanes[domain] and not self._stopping:
                    items, self._lanes[domain] = self._lanes[domain], []
                    await self._carry(Batch(domain, {item.id: item for item in items}), items)
        finally:
            del self._lanes[domain]

    async def _carry(self, batch: Batch, items: list[QueueItem]) -> None:
        try:
            await self._try(batch)
        except Exception as error:  # one lane's fault must not end the others, nor strand its items
            _log.exception("mail for %s could not be dealt with", batch.domain)
            await self._put_off(batch, f"internal fault: {type(error).__name__}")
        settled = [item for item in items if item.id not in batch.pending]
        again = [self._reclaimed.pop(item.id) for item in settled if item.id in self._reclaimed]
        if again:
            await self._give_back(again, self._clock(), "its lease ran out")
        for item in settled:
            self._in_hand.pop(item.id, None)
        self.wake()

    async def _try(self, batch: Batch) -> None:
        loop = asyncio.get_running_loop()
        until, why = self._resting.get(batch.domain, (0.0, None))
        if why is not None and loop.time() < until:
            # A thousand messages for a dead peer are one attempt, not a thousand.
            await self._carrier.settle_all(batch, why)
            return
        unreachable = await self._carrier.carry(batch)
        if unreachable is None:
            self._resting.pop(batch.domain, None)
        else:
            waits = self._settings.queue.retry_seconds or (0,)
            self._resting[batch.domain] = (loop.time() + min(30.0, waits[0] / 2), unreachable)

    async def _put_off(self, batch: Batch, reason: str) -> None:
        """Try much later; but what has waited long enough is given up, or a fault of ours would keep it for ever."""
        now, patience = self._clock(), timedelta(seconds=self._settings.queue.give_up_seconds)
        items = batch.pending.values()
        late = Batch(batch.domain, {item.id: item for item in items if item.queued_at + patience <= now})
        kept = [item for item in items if item.id not in late.pending]
        try:
            await self._carrier.settle_all(late, Deferred(reason))
        except Exception:
            _log.exception("%d items for %s cannot be given up", len(late.pending), batch.domain)
        waits = self._settings.queue.retry_seconds or (60,)
        await self._give_back([*kept, *late.pending.values()], now + timedelta(seconds=max(waits[-1], 60)), reason)
        batch.pending.clear()

    async def _give_back(self, items: list[QueueItem], at: datetime, reason: str) -> None:
        def write(conn: Connection) -> None:
            for item in items:
                settle(conn, item.id, QueueState.WAITING, next_try_at=at, reply=item.last_reply, error=reason)

        try:
            await asyncio.shield(asyncio.wrap_future(self._store.submit(write)))
        except Fault:
            _log.exception("%d items stay leased until their leases run out", len(items))
        for item in items:
            self._in_hand.pop(item.id, None)
