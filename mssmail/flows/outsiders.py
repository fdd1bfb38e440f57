"""Commands beside the server write to the same store, in processes of their own, whose bells nobody here hears.

The database counts what others wrote. We look at that number every second, as long as somebody listens, and ring every
bell when it moved: what changed, each listener asks the store.
"""

import asyncio
from typing import Final

from mssmail.flows.bell import Bells
from mssmail.flows.rounds import Rounds
from mssmail.store.engine import Store

LOOK_SECONDS: Final = 1.0
REST_SECONDS: Final = 0.005
"""After a ring, for each listener: a script that writes all the time costs us no more than a tenth of a core."""


class Outsiders:
    """Looks for as long as it runs."""

    def __init__(self, store: Store, bells: Bells, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._store, self._bells = store, bells
        self._look_seconds = look_seconds
        self._version: int | None = None
        self._rounds = Rounds("whether others wrote is not known now", self._look_while_heard, look_seconds)

    async def start(self) -> None:
        """Begin."""
        await self._rounds.start()

    async def stop(self) -> None:
        """End."""
        await self._rounds.stop()

    async def look(self) -> bool:
        """Ring, and say so, when others wrote since the last look. The first only learns where the number stands."""
        version = await asyncio.wrap_future(self._store.find_outside_version())
        has_changed = self._version not in {None, version}
        if has_changed:
            self._bells.ring_all()
        self._version = version
        return has_changed

    async def _look_while_heard(self) -> float:
        if self._bells.listeners and await self.look():
            return max(self._look_seconds, self._bells.listeners * REST_SECONDS)
        return self._look_seconds
