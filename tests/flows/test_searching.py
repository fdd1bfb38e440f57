"""Sorting what an older version has kept: its keys are made on the way."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select

from mssmail.core.mailbox import UID
from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm
from mssmail.core.search import All, BodyText
from mssmail.flows.searching import Searching
from mssmail.store.engine import Store
from mssmail.store.listings import PAGE
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.schema import sort_keys
from mssmail.store.search import OPENED_ROWS
from tests.support.store import add_account, build_message, deliver_to


def _clock() -> datetime:
    return datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("count", [3, PAGE + 1])
async def test_messages_of_an_older_version_get_their_keys_first(store: Store, count: int) -> None:
    anne = add_account(store)
    for number in range(count):
        deliver_to(store, anne, build_message(f"s{count - number:04}"))
    store.submit(lambda conn: conn.execute(delete(sort_keys))).result()
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    searching = Searching(store, _clock)
    uids = await searching.search(inbox, All())
    assert uids == [UID(number) for number in range(1, count + 1)]
    assert await searching.sort(inbox, uids, (Criterion(SortKey.SUBJECT),)) == uids[::-1]
    forest = await searching.thread(inbox, uids, ThreadAlgorithm.ORDEREDSUBJECT)
    assert sorted(forest.roots) == uids
    assert store.read(lambda conn: conn.execute(select(func.count()).select_from(sort_keys)).scalar()).result() == count


async def test_a_search_ends_when_nobody_waits_for_it(store: Store) -> None:
    anne = add_account(store)
    for number in range(OPENED_ROWS * 3):
        deliver_to(store, anne, build_message(f"s{number}"))
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    asked: list[UID] = []

    def is_gone(up_to: UID) -> bool:
        asked.append(up_to)
        return len(asked) == 2

    with pytest.raises(ConnectionError):
        await Searching(store, _clock).search(inbox, BodyText("nothing"), is_gone)
    assert asked == [OPENED_ROWS, OPENED_ROWS * 2]
    assert await Searching(store, _clock).search(inbox, BodyText("s77"), lambda _: False) == [UID(78)]
