"""One lane of the queue at work: what of it is in hand, how many sessions carry it, and how its peer is met.

A lane begins wide when its peer is well and with a single item when it was not; each success doubles it. What it may
not have in hand waits in the store, where it costs nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from mssmail.core.lane import PeerState
from mssmail.core.queue import QueueItem
from mssmail.policy.retry import judge_rest, judge_window
from mssmail.settings import Queue

MAX_RECIPIENTS = 100  # of one transaction; what every server takes (RFC 5321 §4.5.3.1.8)
_FIRST_WINDOW = 8
_PER_SESSION = 4  # messages that wait before another session is worth its handshake
_IDLE_SECONDS = 2.0  # an open session waits so long for more


class Lane:
    """What the sessions of one lane share. ``peer`` is what is known of its servers, ``is_changed`` since it was saved.

    ``wake`` is called when there is room for more.
    """

    def __init__(self, peer: PeerState, limits: Queue, wake: Callable[[], None] = lambda: None) -> None:
        self.peer = peer
        self.is_changed = False
        self.sessions = 0  # tasks that carry for it
        self.is_narrow = False  # its peer takes no more sessions than there are
        self.is_closing = False
        self._is_met = False  # somebody there has answered a transaction: more sessions may follow the first
        self.breaks = 0  # sessions in a row that ended in the middle of a message
        self.in_hand: dict[int, QueueItem] = {}
        self.idle_since = 0.0  # by the loop's clock
        self._limits = limits
        self._wake = wake
        self._window = min(_FIRST_WINDOW, limits.max_in_hand) if not peer.failures else 1
        self._waiting: deque[list[QueueItem]] = deque()
        self._arrived = asyncio.Event()

    @property
    def name(self) -> str:
        """The lane, as the store calls it."""
        return self.peer.lane

    @property
    def room(self) -> int:
        """How many items more it may have in hand; none before half of what it has is done."""
        held = len(self.in_hand)
        return max(self._window - held, 0) if held <= self._window // 2 else 0

    @property
    def is_idle(self) -> bool:
        """Nobody works for it, and nothing is in hand."""
        return not self.sessions and not self.in_hand

    def is_resting(self, now: datetime) -> bool:
        """Its peer is left alone for the time being."""
        return self.peer.rests_until is not None and self.peer.rests_until > now

    def wants_session(self) -> bool:
        """One more would be of use: none carries yet, or more waits than those that do can chew."""
        if not self._waiting:
            return False
        if self.sessions == 0:
            return True
        if self.is_narrow or not self._is_met or self.sessions >= self._limits.max_per_domain:
            return False
        return len(self._waiting) > self.sessions * _PER_SESSION

    def enter(self, items: Iterable[QueueItem]) -> None:
        """These were claimed for it."""
        by_message: dict[int, list[QueueItem]] = {}
        for item in items:
            self.in_hand[item.id] = item
            by_message.setdefault(item.message_id, []).append(item)
        self._waiting.extend(group for whole in by_message.values() for group in cut_group(whole))
        self._arrived.set()

    def take(self) -> list[QueueItem] | None:
        """The next message's recipients, at most as many as one transaction may have; None: nothing waits."""
        return self._waiting.popleft() if self._waiting and not self.is_closing else None

    def put_back(self, group: list[QueueItem]) -> None:
        """It was taken and not begun."""
        self._waiting.appendleft(group)

    def close(self) -> None:
        """Nothing more is taken out of it; who waits for something is told that nothing comes."""
        self.is_closing = True
        self._arrived.set()

    async def wait(self) -> bool:
        """Until something waits, but not for long; whether something does."""
        if not self._waiting and not self.is_closing:
            self._arrived.clear()
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._arrived.wait()
            except TimeoutError:
                return False
        return bool(self._waiting) and not self.is_closing

    def clear(self) -> list[QueueItem]:
        """What waits and was not begun; it does not wait here any more."""
        items = [item for group in self._waiting for item in group]
        self._waiting.clear()
        return items

    def forget(self, items: Iterable[QueueItem]) -> None:
        """These are settled."""
        for item in items:
            self.in_hand.pop(item.id, None)
        if self.room:
            self._wake()

    def note_success(self, tls: str) -> None:
        """Its peer has answered a transaction over this TLS version."""
        self.breaks = 0
        if not self._is_met:
            self._is_met = True
            self._wake()
        self._window = judge_window(self._window, self._limits.max_in_hand, is_well=True)
        if self.peer.failures or self.peer.rests_until is not None or tls > self.peer.tls_floor:
            floor = max(tls, self.peer.tls_floor)
            self._change(replace(PeerState(self.name), tls_floor=floor))

    def note_failure(self, now: datetime, reason: str, chance: float) -> datetime:
        """Nobody there can be spoken to: until when it is left alone."""
        self._is_met = False
        self._window = judge_window(self._window, self._limits.max_in_hand, is_well=False)
        failures = self.peer.failures + 1
        rests_until = judge_rest(failures, now, self._limits.retry_seconds, chance)
        since = self.peer.failed_since or now
        self._change(replace(self.peer, failures=failures, failed_since=since, rests_until=rests_until, reason=reason))
        return rests_until

    def _change(self, peer: PeerState) -> None:
        self.peer = peer
        self.is_changed = True


def cut_group(items: list[QueueItem]) -> list[list[QueueItem]]:
    """One message's recipients in groups no larger than a transaction may be."""
    return [items[start : start + MAX_RECIPIENTS] for start in range(0, len(items), MAX_RECIPIENTS)]
