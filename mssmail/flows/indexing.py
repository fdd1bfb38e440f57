"""The index for SEARCH, filled behind the commits: a block at a time, the newest first, in what time is left over.

Nothing waits for it: what is not indexed is searched in the message itself. A block is one transaction; after a kill
the fill goes on where it was. What messages that have gone had in it is swept out every so often.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from mssmail.errors import StoreFault
from mssmail.flows.rounds import Rounds
from mssmail.store.engine import Connection, Store
from mssmail.store.listings import find_unlisted
from mssmail.store.listings import list_messages as make_listings
from mssmail.store.text_index import (
    Prepared,
    find_last_block,
    find_missing_blocks,
    find_stale_blocks,
    keep_messages,
    list_messages,
    pack_messages,
    prepare_message,
    prune_blocks,
)
from mssmail.store.vanished import find_overfull, forget_vanished

T = TypeVar("T")

LOOK_SECONDS: Final = 5.0  # between two looks for new messages
SWEEP_SECONDS: Final = 600.0
_REST: Final = 0.2
"""While mail is being written we rest, for each operation a second, so many times as long as we work: at 250 a second
the index takes the fiftieth part of a core, and at 25 it keeps up."""
_SPAN: Final = 10_000  # blocks asked about in one read

_log = logging.getLogger(__name__)


def find_rest(worked_seconds: float, operations: int, passed_seconds: float) -> float:
    """Seconds to rest after so long a piece of work, when so many operations were written since the last one."""
    return worked_seconds * _REST * operations / max(passed_seconds, 0.001)


class Indexer:
    """Fills the index of one store for as long as it runs."""

    def __init__(self, store: Store, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._store = store
        self._look_seconds = look_seconds
        self._is_listed = False
        self._done_below = 0  # all blocks below have been looked at
        self._swept_at = time.monotonic()
        self._operations = store.writer_stats.operations
        self._looked_at = self._swept_at
        self._rounds = Rounds("the index for SEARCH could not be filled", self._look, look_seconds)

    async def start(self) -> None:
        """Begin; what is found wrong is in the log, and nobody else is troubled."""
        await self._rounds.start()

    async def stop(self) -> None:
        """End; what is half done is done again next time."""
        await self._rounds.stop()

    async def catch_up(self) -> None:
        """List and index all that there is to do now."""
        while not self._is_listed:
            unlisted = await self._ask(find_unlisted)
            await self._write(lambda conn, page=unlisted: make_listings(conn, page))  # type: ignore[misc]
            self._is_listed = not unlisted  # what comes from now on brings its listing
        last = await self._ask(find_last_block)
        for first in range(self._done_below, last + 1, _SPAN)[::-1]:
            await self._fill(first, min(first + _SPAN - 1, last))
        self._done_below = max(self._done_below, last + 1)

    async def sweep(self) -> None:
        """Forget what messages that have gone had in the index, and the oldest of what vanished from mailboxes."""
        first: int | None = 0
        while first is not None:
            stale, first = await self._ask(lambda conn, first=first: find_stale_blocks(conn, first))  # type: ignore[misc]
            for each in stale:
                await self._write(lambda conn, each=each: prune_blocks(conn, [each]))  # type: ignore[misc]
        for mailbox_id in await self._ask(find_overfull):
            await self._write(lambda conn, each=mailbox_id: forget_vanished(conn, each))  # type: ignore[misc]

    async def _look(self) -> float:
        await self.catch_up()
        if time.monotonic() - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            await self.sweep()
        return self._look_seconds

    async def _fill(self, first: int, last: int) -> None:
        for block in await self._ask(lambda conn: find_missing_blocks(conn, first, last)):
            prepared: list[Prepared] = []
            for message_id in await self._ask(lambda conn, block=block: list_messages(conn, block)):  # type: ignore[misc]
                began = time.perf_counter()
                prepared.append(await self._prepare(message_id))
                await self._give_way(time.perf_counter() - began)
            await self._keep(block, prepared)

    async def _keep(self, block: int, prepared: list[Prepared]) -> None:
        """Write a block that is packed before its turn comes: no delivery waits for that."""
        packed = await asyncio.wrap_future(self._store.run(lambda: pack_messages(prepared)))
        await self._write(lambda conn: keep_messages(conn, block, prepared, packed))

    async def _prepare(self, message_id: int) -> Prepared:
        """The message ready for the index; one that cannot be read is not told apart, and holds up nothing."""
        try:
            return await self._ask(lambda conn: prepare_message(conn, message_id))
        except StoreFault:
            raise  # the store's trouble, not the message's
        except Exception:
            _log.exception("message %d cannot be indexed", message_id)
            return Prepared(message_id, None, None)

    async def _give_way(self, seconds: float) -> None:
        operations, now = self._store.writer_stats.operations, time.monotonic()
        rest = find_rest(seconds, operations - self._operations, now - self._looked_at)
        self._operations, self._looked_at = operations, now
        await asyncio.sleep(min(rest, self._look_seconds))

    async def _ask(self, ask: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.read(ask, costly=True))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        done = await asyncio.wrap_future(self._store.submit(work))
        self._operations = self._store.writer_stats.operations  # our own does not count as others' work
        return done
