"""Commands beside the server write to the same store, in processes of their own, whose bells nobody here hears.

The database counts what others wrote. We look at that number every second, as long as somebody listens, and ring every
bell when it moved: what changed, each listener asks the store.
"""

import asyncio
import contextlib
import logging
from typing import Final

from mssmail.errors import Fault
from mssmail.flows.bell import Bells
from mssmail.store.engine import Store

LOOK_SECONDS: Final = 1.0
REST_SECONDS: Final = 0.005
"""After a ring, for each listener: a script that writes all the time costs us no more than a tenth of a core."""

_log = logging.getLogger(__name__)


class Outsiders:
    """Looks for as long as it runs."""

    def __init__(self, store: Store, bells: Bells, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._store, self._bells = store, bells
        self._look_seconds = look_seconds
        self._version: int | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def look(self) -> bool:
        """Ring, and say so, when others wrote since the last look. The first only learns where the number stands."""
        version = await asyncio.wrap_future(self._store.find_outside_version())
        has_changed = self._version not in {None, version}
        if has_changed:
            self._bells.ring_all()
        self._version = version
        return has_changed

    async def _run(self) -> None:
        while True:
            rest = self._look_seconds
            if self._bells.listeners:
                try:
                    if await self.look():
                        rest = max(rest, self._bells.listeners * REST_SECONDS)
                except Fault as fault:
                    _log.warning("whether others wrote is not known now", extra={"reason": str(fault)})
            await asyncio.sleep(rest)
