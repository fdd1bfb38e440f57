"""From the store's threads to the event loop: what finishes together wakes the loop once.

``asyncio.wrap_future`` writes to the loop's pipe for each future; a group commit answers dozens at a time.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Crossing:
    """For the event loop it is made in."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._is_called = False

    async def wait_for(self, future: Future[T]) -> T:
        """Its result, or what it raises; who is cancelled meanwhile cancels nothing of it."""
        waiting: asyncio.Future[T] = self._loop.create_future()
        future.add_done_callback(lambda done: self._arrive(waiting, done))
        return await waiting

    def _arrive(self, waiting: "asyncio.Future[Any]", done: "Future[Any]") -> None:
        """Called by the thread that has finished it."""
        self._arrived.append((waiting, done))
        if not self._is_called:  # set before the loop is called and unset before it looks: nothing is overlooked
            self._is_called = True
            try:
                self._loop.call_soon_threadsafe(self._hand_out)
            except RuntimeError:  # the loop has ended, and nobody waits any more
                if not self._loop.is_closed():
                    raise

    def _hand_out(self) -> None:
        self._is_called = False
        while self._arrived:
            waiting, done = self._arrived.popleft()
            if waiting.done():  # cancelled
                continue
            error = done.exception()
            if error is None:
                waiting.set_result(done.result())
            else:
                waiting.set_exception(error)
