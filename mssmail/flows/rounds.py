"""Work that goes on beside everything else: round after round in a task of its own, until it is told to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

LONGEST_WAIT: Final = 60.0  # seconds; what commands write beside us is seen within it

_log = logging.getLogger(__name__)


def find_wait(due_at: datetime | None, now: datetime) -> float:
    """Seconds until something is due (None: nothing is), and never so many that a command's work waits for long."""
    return LONGEST_WAIT if due_at is None else min(max((due_at - now).total_seconds(), 0.01), LONGEST_WAIT)


class Rounds:
    """Calls ``act`` from ``start`` to ``stop``; each round answers the seconds to wait for the next one.

    Whatever a round raises is in the log under ``complaint``, and the next one comes ``again_seconds`` later: nothing
    ends the task but ``stop``.
    """

    def __init__(self, complaint: str, act: Callable[[], Awaitable[float]], again_seconds: float) -> None:
        self._complaint, self._act, self._again_seconds = complaint, act, again_seconds
        self._woken, self._stopping = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_stopping(self) -> bool:
        """A long round ends where it can."""
        return self._stopping.is_set()

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Have the next round now, or right after the one under way."""
        self._woken.set()

    async def rest(self, seconds: float) -> None:
        """Within a round: wait so long whoever wakes us, but not when we are to stop."""
        await _wait(self._stopping, seconds)

    async def stop(self, patience_seconds: float | None = 0.0) -> None:
        """End; a round under way has so long to end by itself (None: as long as it takes), then it is cut off."""
        self._stopping.set()
        self.wake()
        if self._task is None:
            return
        _, late = await asyncio.wait([self._task], timeout=patience_seconds)
        for task in late:
            task.cancel()
            await asyncio.wait([task])
        self._task = None

    async def _run(self) -> None:
        while not self.is_stopping:
            self._woken.clear()
            await _wait(self._woken, await self._survive())

    async def _survive(self) -> float:
        try:
            return await self._act()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            _log.exception("%s", self._complaint)  # not we were cancelled, but something that the round waited for
        except Exception:  # whatever it is: a mistake of ours in one round must not end all later ones
            _log.exception("%s", self._complaint)
        return self._again_seconds


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
