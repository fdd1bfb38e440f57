from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mssmail.core.account import Account
from mssmail.core.mailbox import StoreAction
from mssmail.core.rights import LETTERS
from mssmail.errors import NoSuchMailbox
from mssmail.store import rows, transfers
from mssmail.store.changes import load_changes
from mssmail.store.engine import Store
from mssmail.store.fsck import check_store
from mssmail.store.mailboxes import find_mailbox, load_mailbox
from mssmail.store.messages import load_message
from mssmail.store.pages import load_page
from mssmail.store.prepared import Prepared
from tests.support.store import (
    NOW,
    PREFIX,
    build_message,
    change_flags,
    check_counters,
    deliver_to,
    list_uids,
    make_uids,
)

LATER = NOW + timedelta(hours=1)


def test_a_copy_keeps_flags_and_date_and_shares_the_message(store: Store, anne: Account, inbox: int) -> None:
    change_flags(store, inbox, make_uids(2), StoreAction.ADD, "\\Flagged", "blue")
    target = store.read(lambda conn: find_mailbox(conn, anne.id, "Archive")).result()
    done = store.submit(lambda conn: transfers.copy_rows(conn, inbox, make_uids(4, 2, 99), target.id, LATER)).result()
    assert (done.uid_validity, done.uids) == (target.uid_validity, ((2, 1), (4, 2)))
    source = store.read(lambda conn: load_page(conn, inbox, make_uids(2), frozenset())).result()[0]
    copied = store.read(lambda conn: load_page(conn, target.id, make_uids(1), frozenset())).result()[0]
    assert (copied.meta.flags, copied.internal_date, copied.size) == (
        source.meta.flags,
        source.internal_date,
        source.size,
    )
    assert copied.meta.message_id == source.meta.message_id
    store.read(lambda conn: check_counters(conn, target.id)).result()


def test_a_message_lives_as_long_as_one_copy_of_it(store: Store, anne: Account, inbox: int) -> None:
    target = store.read(lambda conn: find_mailbox(conn, anne.id, "Archive").id).result()
    store.submit(lambda conn: transfers.copy_rows(conn, inbox, make_uids(1), target, NOW)).result()
    message_id = store.read(lambda conn: load_page(conn, inbox, make_uids(1), frozenset())).result()[0].meta.message_id
    for box, alive in ((inbox, True), (target, False)):
        change_flags(store, box, make_uids(1), StoreAction.ADD, "\\Deleted")
        store.submit(lambda conn, box=box: rows.expunge(conn, box, None, 100)).result()  # type: ignore[misc]
        assert (store.read(lambda conn: load_message(conn, message_id)).result() is not None) is alive


def test_copying_into_the_same_mailbox_is_possible(store: Store, anne: Account, inbox: int) -> None:
    done = store.submit(lambda conn: transfers.copy_rows(conn, inbox, make_uids(1, 2), inbox, NOW)).result()
    assert done.uids == ((1, 6), (2, 7))
    assert list_uids(store, anne) == [1, 2, 3, 4, 5, 6, 7]


def test_copying_nothing_is_no_fault(store: Store, inbox: int) -> None:
    assert store.submit(lambda conn: transfers.copy_rows(conn, inbox, make_uids(99), inbox, NOW)).result().uids == ()


def test_messages_move_with_their_flags_and_are_remembered_as_vanished(store: Store, anne: Account, inbox: int) -> None:
    change_flags(store, inbox, make_uids(2), StoreAction.ADD, "\\Seen", "\\Deleted", "blue")
    target = store.read(lambda conn: find_mailbox(conn, anne.id, "Archive").id).result()
    since = store.read(lambda conn: load_mailbox(conn, inbox).highest_modseq).result()
    done = store.submit(lambda conn: transfers.move_rows(conn, inbox, make_uids(2, 3, 99), target, NOW)).result()
    assert done.uids == ((2, 1), (3, 2))
    assert list_uids(store, anne) == [1, 4, 5]
    assert store.read(lambda conn: load_changes(conn, inbox, since)).result().vanished == (2, 3)
    first, second = store.read(lambda conn: load_page(conn, target, make_uids(1, 2), frozenset())).result()
    assert [set(row.meta.flags) for row in (first, second)] == [{"\\Seen", "\\Deleted", "blue"}, set()]
    for box in (inbox, target):
        store.read(lambda conn, box=box: check_counters(conn, box)).result()  # type: ignore[misc]
    assert check_store(store) == []


@pytest.mark.parametrize(
    ("rights", "kept"),
    [
        ("lri", {"$SMIMEValid"}),
        ("lris", {"\\Seen", "$SMIMEValid"}),
        ("lrit", {"\\Deleted", "$SMIMEValid"}),
        ("lriw", {"\\Flagged", "$SMIMEValid", "blue"}),
        (LETTERS, {"\\Seen", "\\Deleted", "\\Flagged", "$SMIMEValid", "blue"}),
    ],
)
def test_a_copy_keeps_the_flags_that_the_rights_reach(
    store: Store, anne: Account, inbox: int, rights: str, kept: set[str]
) -> None:
    change_flags(store, inbox, make_uids(1), StoreAction.ADD, "\\Seen", "\\Deleted", "\\Flagged", "blue")
    deliver_to(store, anne, build_message("marked"), "INBOX", "\\Seen", "\\Deleted", "\\Flagged", "$SMIMEValid", "blue")
    target = store.read(lambda conn: find_mailbox(conn, anne.id, "Archive").id).result()
    store.submit(lambda conn: transfers.copy_rows(conn, inbox, make_uids(1, 2, 6), target, NOW, rights)).result()
    page = store.read(lambda conn: load_page(conn, target, make_uids(1, 2, 3), frozenset())).result()
    reserved = {"$SMIMEValid"}
    assert [set(row.meta.flags) for row in page] == [kept - reserved, set(), kept]
    store.read(lambda conn: check_counters(conn, target)).result()


def test_taking_away_nothing_moves_no_clock(store: Store, inbox: int) -> None:
    before = store.read(lambda conn: load_mailbox(conn, inbox)).result()
    store.submit(lambda conn: transfers.take_away(conn, inbox, make_uids(77))).result()
    assert store.read(lambda conn: load_mailbox(conn, inbox)).result() == before


def test_the_statements_look_rows_up_by_their_key(store: Store) -> None:
    where = {"of_mailbox": 1, "of_uids": "[1]", "kept_bits": 31}

    def explain(conn: Connection, prepared: Prepared) -> str:
        driver = conn.connection.driver_connection
        assert driver is not None
        plan = driver.execute(f"EXPLAIN QUERY PLAN {prepared._sql}", prepared._bind(where)).fetchall()
        return " ".join(str(step[3]) for step in plan)

    for prepared in (transfers._FIND, transfers._MEASURE, transfers._COPY, transfers._REMEMBER, transfers._TAKE):
        plan = store.read(lambda conn, prepared=prepared: explain(conn, prepared)).result()  # type: ignore[misc]
        assert "SEARCH mailbox_rows USING PRIMARY KEY (mailbox_id=? AND uid=?)" in plan


def test_sizes_are_summed_for_the_quota(store: Store, inbox: int) -> None:
    one = len(PREFIX) + len(build_message("message 0"))
    assert store.read(lambda conn: transfers.measure_rows(conn, inbox, make_uids(1, 2, 99))).result() == 2 * one
    assert store.read(lambda conn: transfers.measure_rows(conn, inbox, [])).result() == 0


def test_copying_into_a_mailbox_that_has_gone_is_a_fault(store: Store, inbox: int) -> None:
    with pytest.raises(NoSuchMailbox):
        store.submit(lambda conn: transfers.copy_rows(conn, inbox, make_uids(1), 99, NOW)).result()
