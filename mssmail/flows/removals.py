"""What deleted mailboxes held is removed behind the commits: DELETE takes them out of sight, and this away.

After a kill it goes on where it was.
"""

import asyncio
from typing import Final

from mssmail.flows.rounds import Rounds
from mssmail.store.engine import Store
from mssmail.store.removals import find_deleted, remove_some

LOOK_SECONDS: Final = 10.0


class Removals:
    """Removes what was deleted from one store for as long as it runs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rounds = Rounds("a deleted mailbox could not be removed", self._look, LOOK_SECONDS)

    async def start(self) -> None:
        """Begin."""
        await self._rounds.start()

    async def stop(self) -> None:
        """End; what is half done is for next time."""
        await self._rounds.stop()

    async def remove_all(self) -> None:
        """Remove all that is deleted now, a step at a time: whatever else is to be written comes in between."""
        while (mailbox_id := await asyncio.wrap_future(self._store.read(find_deleted))) is not None:
            await asyncio.wrap_future(self._store.submit(lambda conn, each=mailbox_id: remove_some(conn, each)))  # type: ignore[misc]

    async def _look(self) -> float:
        await self.remove_all()
        return LOOK_SECONDS
