"""Writes that ring: on disk first, then the bells, whether or not anybody still waits for the answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import TypeVar

from mssmail.core.account import Account
from mssmail.flows.bell import Bells
from mssmail.store import places
from mssmail.store.engine import Connection, Store

T = TypeVar("T")
Rings = tuple[Iterable[int], Iterable[int], Mapping[int, int]]  # mailboxes; accounts by whose names; origins


class Ringing:
    """One store's writer, and the bells of whoever listens to what it writes."""

    def __init__(self, store: Store, bells: Bells) -> None:
        self._store, self._bells = store, bells

    def submit(self, run: Callable[[Connection], T], find_rung: Callable[[T], Iterable[int]]) -> Awaitable[T]:
        """Do it durably, then ring these mailboxes; cancelling whoever waits stops neither."""
        future = self._store.submit(run)
        self._ring_after(future, lambda done: (find_rung(done), (), {}))
        return asyncio.wrap_future(future)

    async def write_names(
        self, account: Account, name: str, run: Callable[[Connection], tuple[T, tuple[int, ...]]]
    ) -> T:
        """The same for what changes a mailbox's name or who may see it: all are rung that see it, before or after.

        Beside its value ``run`` gives the mailboxes to be rung; of two, the second took over all that was in the first.
        """

        def change(conn: Connection) -> tuple[T, tuple[int, ...], frozenset[int]]:
            audience = places.find_audience(conn, account, name)
            value, rung = run(conn)
            return value, rung, audience | places.find_audience(conn, account, name)

        future = self._store.submit(change)
        self._ring_after(future, lambda done: (done[1], done[2], _find_origins(done[1])))
        return (await asyncio.wrap_future(future))[0]

    async def write_own_names(self, account: Account, run: Callable[[Connection], T]) -> T:
        """The same for what concerns the names of this account alone."""
        future = self._store.submit(run)
        self._ring_after(future, lambda _: ((), (account.id,), {}))
        return await asyncio.wrap_future(future)

    def _ring_after(self, future: Future[T], find_rings: Callable[[T], Rings]) -> None:
        """The writer's future cannot be cancelled, and the ring does not need the task of who wrote."""
        loop = asyncio.get_running_loop()

        def ring(done: Future[T]) -> None:
            if done.exception() is None:
                mailbox_ids, account_ids, origins = find_rings(done.result())
                self._bells.ring_soon(loop, mailbox_ids)
                self._bells.ring_names_soon(loop, account_ids, origins)

        future.add_done_callback(ring)


def _find_origins(rung: tuple[int, ...]) -> dict[int, int]:
    return {rung[1]: rung[0]} if len(rung) == 2 else {}
