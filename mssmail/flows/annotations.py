"""Annotations of mailboxes and of the server (RFC 5464), as ``imap.backend.AnnotationStore`` wants them."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future

from mssmail.core.account import Account
from mssmail.core.annotation import Annotation, ChangedEntries
from mssmail.flows.bell import Bells
from mssmail.store.annotations import change_annotations, load_annotations
from mssmail.store.engine import Store


class Annotations:
    """The annotations of one store, and whoever hears of them."""

    def __init__(self, store: Store, bells: Bells) -> None:
        self._store, self._bells = store, bells

    async def load(self, account: Account, name: str) -> tuple[str, Sequence[Annotation]]:
        """See AnnotationStore."""
        return await asyncio.wrap_future(self._store.read(lambda conn: load_annotations(conn, account, name)))

    async def change(self, account: Account, name: str, changes: Sequence[Annotation], *, maker: object = None) -> None:
        """See AnnotationStore. Who hears of it does so also when nobody waits for the answer any more."""
        loop = asyncio.get_running_loop()
        future = self._store.submit(lambda conn: change_annotations(conn, account, name, changes))

        def ring(done: "Future[Sequence[ChangedEntries]]") -> None:
            if done.exception() is None:
                self._bells.ring_annotations_soon(loop, done.result(), maker)

        future.add_done_callback(ring)
        await asyncio.wrap_future(future)
