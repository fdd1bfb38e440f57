"""Annotations of mailboxes and of the server (RFC 5464), as ``imap.backend.AnnotationStore`` wants them."""

import asyncio
from collections.abc import Sequence

from mssmail.core.account import Account
from mssmail.core.annotation import Annotation
from mssmail.store.annotations import change_annotations, load_annotations
from mssmail.store.engine import Store


class Annotations:
    """The annotations of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self, account: Account, name: str) -> tuple[str, Sequence[Annotation]]:
        """See AnnotationStore."""
        return await asyncio.wrap_future(self._store.read(lambda conn: load_annotations(conn, account, name)))

    async def change(self, account: Account, name: str, changes: Sequence[Annotation]) -> None:
        """See AnnotationStore."""
        await asyncio.wrap_future(self._store.submit(lambda conn: change_annotations(conn, account, name, changes)))
