"""SEARCH, SORT and THREAD over one mailbox: page by page, so that nobody waits for a search but who asked for it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from mssmail.core.clock import Clock
from mssmail.core.mailbox import UID
from mssmail.core.ordering import Criterion, ThreadAlgorithm
from mssmail.core.search import SearchKey, resolve_ages
from mssmail.core.threads import Forest
from mssmail.store.engine import Connection, Store
from mssmail.store.listings import find_unlisted, list_messages
from mssmail.store.search import build_search
from mssmail.store.sorting import sort_uids, thread_uids

T = TypeVar("T")
IsGone = Callable[[UID], bool]  # with how far we are: whoever asked does not wait any more


class Searching:
    """The searches of one store. Each page is a read of its own: a search whose asker has gone ends with its page."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def search(self, mailbox_id: int, key: SearchKey, is_gone: IsGone = lambda _: False) -> Sequence[UID]:
        """See ``imap.backend.MailStore``."""
        search = build_search(mailbox_id, resolve_ages(key, self._clock()))
        found: list[UID] = []
        after: UID | None = UID(0)
        while after is not None:
            page = await self._ask(lambda conn, after=after: search.find_page(conn, after))  # type: ignore[misc]
            found += page.uids
            after = page.following
            if after is not None and is_gone(after):
                raise ConnectionResetError("nobody waits for this search any more")
        return found

    async def sort(self, mailbox_id: int, uids: Sequence[UID], criteria: tuple[Criterion, ...]) -> Sequence[UID]:
        """See ``imap.backend.MailStore``."""
        return await self._ask_listed(mailbox_id, lambda conn: sort_uids(conn, mailbox_id, uids, criteria))

    async def thread(self, mailbox_id: int, uids: Sequence[UID], algorithm: ThreadAlgorithm) -> Forest:
        """See ``imap.backend.MailStore``."""
        return await self._ask_listed(mailbox_id, lambda conn: thread_uids(conn, mailbox_id, uids, algorithm))

    async def _ask_listed(self, mailbox_id: int, ask: Callable[[Connection], T | None]) -> T:
        """The answer; messages that an older version has kept get their keys first, a page in a transaction."""
        while True:
            answer = await self._ask(ask)
            if answer is not None:
                return answer
            unlisted = await self._ask(lambda conn: find_unlisted(conn, mailbox_id))
            work = self._store.submit(lambda conn, page=unlisted: list_messages(conn, page))  # type: ignore[misc]
            await asyncio.wrap_future(work)

    async def _ask(self, ask: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.read(ask, costly=True))
