"""SORT and THREAD from stored keys, against Python's own sorting of what was delivered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from mssmail.core.account import Account
from mssmail.core.listing import Listing, SortKeys
from mssmail.core.mailbox import UID
from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm
from mssmail.store.engine import Store
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import Placement, deliver
from mssmail.store.schema import sort_keys
from mssmail.store.sorting import sort_uids, thread_uids
from tests.support.store import NOW, build_delivery, build_message

KEYS = [
    SortKeys("B", False, datetime(2026, 1, 3, tzinfo=UTC), "Z", "T1", "", "R", "Q", "1@a", ()),
    SortKeys("A", False, None, "Y", "T2", "C", "S", "Q", "2@a", ("1@a",)),
    SortKeys("", False, datetime(2026, 1, 1, tzinfo=UTC), "X", "T1", "B", "R", "P", "3@a", ("1@a", "2@a")),
    SortKeys("B", True, datetime(2026, 1, 2, tzinfo=UTC), "Z", "", "A", "R", "O", "", ()),
]
SIZES = [30, 10, 20, 10]


@pytest.fixture
def inbox(store: Store, anne: Account) -> int:
    for number, (keys, size) in enumerate(zip(KEYS, SIZES, strict=True)):
        delivery = build_delivery(store, build_message("x", octets=100 + size), Placement(anne.id))
        listed = replace(
            delivery,
            index=replace(delivery.index, listing=Listing(b"", keys)),
            received_at=NOW + timedelta(days=number % 2),
        )
        store.submit(lambda conn, listed=listed: deliver(conn, listed)).result()  # type: ignore[misc]
    return store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()


def _value(key: SortKey, place: int) -> Any:
    keys = KEYS[place]
    arrival = NOW + timedelta(days=place % 2)
    return {
        SortKey.ARRIVAL: arrival,
        SortKey.CC: keys.cc,
        SortKey.DATE: keys.sent_at or arrival,
        SortKey.FROM: keys.sender,
        SortKey.SIZE: SIZES[place],
        SortKey.SUBJECT: keys.base_subject,
        SortKey.TO: keys.to,
        SortKey.DISPLAYFROM: keys.display_from,
        SortKey.DISPLAYTO: keys.display_to,
    }[key]


@pytest.mark.parametrize("second", [None, SortKey.DATE])
@pytest.mark.parametrize("is_reverse", [False, True])
@pytest.mark.parametrize("key", SortKey)
def test_sorts_by_every_key(store: Store, inbox: int, key: SortKey, is_reverse: bool, second: SortKey | None) -> None:
    criteria = (Criterion(key, is_reverse), *(() if second is None else (Criterion(second),)))
    places = list(range(4))
    for each in reversed(criteria):  # Python's sort is stable, also in reverse
        places.sort(key=lambda place, each=each: _value(each.key, place), reverse=each.is_reverse)  # type: ignore[misc]
    uids = [UID(number) for number in (1, 2, 3, 4)]
    assert store.read(lambda conn: sort_uids(conn, inbox, uids, criteria)).result() == [p + 1 for p in places]


def test_sorts_only_what_was_found(store: Store, inbox: int) -> None:
    criteria = (Criterion(SortKey.SUBJECT),)
    some = [UID(1), UID(2), UID(4), UID(9)]
    assert store.read(lambda conn: sort_uids(conn, inbox, some, criteria)).result() == [2, 1, 4]
    assert store.read(lambda conn: sort_uids(conn, inbox, [], criteria)).result() == []


def test_threads_only_what_was_found(store: Store, inbox: int) -> None:
    def thread(uids: list[int], algorithm: ThreadAlgorithm) -> tuple[Any, Any]:
        found = store.read(lambda conn: thread_uids(conn, inbox, [UID(uid) for uid in uids], algorithm)).result()
        assert found is not None
        return found.roots, found.children

    assert thread([1, 2, 3, 4], ThreadAlgorithm.REFERENCES) == ([1], {1: [4, 2], 2: [3]})
    assert thread([2, 3], ThreadAlgorithm.REFERENCES) == ([2], {2: [3]})
    assert thread([1, 2, 3, 4], ThreadAlgorithm.ORDEREDSUBJECT) == ([3, 4, 2], {4: [1]})
    assert thread([], ThreadAlgorithm.REFERENCES) == ((), {})


def test_says_when_keys_are_still_missing(store: Store, inbox: int) -> None:
    store.submit(lambda conn: conn.execute(delete(sort_keys).where(sort_keys.c.message_id == 2))).result()
    criteria = (Criterion(SortKey.SIZE),)
    assert store.read(lambda conn: sort_uids(conn, inbox, [UID(1), UID(2)], criteria)).result() is None
    assert store.read(lambda conn: sort_uids(conn, inbox, [UID(1)], criteria)).result() == [1]
    algorithm = ThreadAlgorithm.REFERENCES
    assert store.read(lambda conn: thread_uids(conn, inbox, [UID(1), UID(2)], algorithm)).result() is None
