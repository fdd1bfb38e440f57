"""Lists for tests."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import MailList, Post, Posting
from mssmail.store.engine import Connection, Store
from mssmail.store.list_posts import list_posts_of
from mssmail.store.lists import add_members, create_list
from tests.support.store import NOW

T = TypeVar("T")
ALERTS = parse_address("alerts@b.test")


def build_list(
    owner: str = "bob@b.test",
    posting: Posting = Posting.CLOSED,
    *,
    moderated: bool = False,
    max_bounces: int = 2,
    address: Address = ALERTS,
) -> MailList:
    return MailList(0, address, "Alertes", parse_address(owner), posting, moderated, max_bounces, NOW)


def make_list(store: Store, new: MailList, *members: Address) -> MailList:
    """The list with these members, in a store."""

    def work(conn: Connection) -> MailList:
        made = create_list(conn, new)
        add_members(conn, made.id, members, NOW)
        return made

    return store.submit(work).result()


async def ask(store: Store, question: Callable[[Connection], T]) -> T:
    return await asyncio.wrap_future(store.read(question))


async def change(store: Store, work: Callable[[Connection], T]) -> T:
    return await asyncio.wrap_future(store.submit(work))


async def list_of_posts(store: Store, list_id: int) -> Sequence[Post]:
    return await ask(store, lambda conn: list_posts_of(conn, list_id))
