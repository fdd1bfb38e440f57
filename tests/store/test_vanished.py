"""What vanished: told exactly while it is remembered, told of too much when it is not, and never of too little."""

import pytest

from mssmail.core.account import Account
from mssmail.core.mailbox import UID, ModSeq
from mssmail.store.changes import load_changes
from mssmail.store.engine import Store
from mssmail.store.fsck import check_store
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.rows import expunge
from mssmail.store.vanished import find_overfull, forget_vanished, list_vanished
from tests.support.store import build_message, deliver_to


@pytest.fixture
def inbox(store: Store, anne: Account) -> int:
    """UIDs 1 to 9; those up to 7 went one by one."""
    for number in range(9):
        deliver_to(store, anne, build_message(str(number)), "INBOX", "\\Deleted")
    mailbox_id = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    for uid in range(1, 8):
        store.submit(lambda conn, uid=uid: expunge(conn, mailbox_id, [UID(uid)], 9)).result()  # type: ignore[misc]
    return mailbox_id


def _list(store: Store, mailbox_id: int, since: int) -> list[tuple[int, int]]:
    return list(store.read(lambda conn: list_vanished(conn, mailbox_id, ModSeq(since))).result())


def test_what_is_remembered_is_told_exactly(store: Store, inbox: int) -> None:
    clock = store.read(lambda conn: load_changes(conn, inbox, ModSeq(0)).modseq).result()
    assert _list(store, inbox, clock) == []
    assert _list(store, inbox, clock - 2) == [(6, 7)]
    assert _list(store, inbox, 0) == [(1, 7)]
    assert _list(store, inbox + 99, 0) == []


def test_who_knows_less_than_is_remembered_is_told_of_all_that_is_not_there(
    store: Store, anne: Account, inbox: int
) -> None:
    clock = store.read(lambda conn: load_changes(conn, inbox, ModSeq(0)).modseq).result()
    store.submit(lambda conn: forget_vanished(conn, inbox, 2)).result()
    assert _list(store, inbox, clock - 2) == [(6, 7)]
    assert _list(store, inbox, clock - 3) == [(1, 7)]
    changes = store.read(lambda conn: load_changes(conn, inbox, ModSeq(clock - 3))).result()
    assert changes.vanished == tuple(range(1, 8))  # a session that slept over it misses none
    changes = store.read(lambda conn: load_changes(conn, inbox, ModSeq(clock - 2))).result()
    assert changes.vanished == (6, 7)
    deliver_to(store, anne, build_message("new"))
    assert _list(store, inbox, 0) == [(1, 7)]
    assert check_store(store) == []


def test_only_what_is_much_is_forgotten(store: Store, inbox: int) -> None:
    assert store.read(lambda conn: find_overfull(conn, 4)).result() == []
    assert store.read(lambda conn: find_overfull(conn, 3)).result() == [inbox]
    assert store.read(find_overfull).result() == []
    store.submit(lambda conn: forget_vanished(conn, inbox, 7)).result()
    assert _list(store, inbox, 0) == [(1, 7)]
