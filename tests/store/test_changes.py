import pytest
from sqlalchemy import Connection, Select

from mssmail.core.account import Account
from mssmail.core.mailbox import UID, ModSeq, StoreAction
from mssmail.errors import NoSuchMailbox
from mssmail.store import changes as changes_module
from mssmail.store.changes import claim_recent, find_recent, load_all, load_changes
from mssmail.store.engine import Store
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.rows import FlagChange, expunge, store_flags
from tests.support.store import build_message, deliver_to


@pytest.fixture
def inbox(store: Store, anne: Account) -> int:
    return store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()


def _flag(store: Store, mailbox_id: int, uid: int, flag: str) -> None:
    change = FlagChange(StoreAction.ADD, frozenset({flag}))
    store.submit(lambda conn: store_flags(conn, mailbox_id, [UID(uid)], change)).result()


def _expunge(store: Store, mailbox_id: int, uid: int) -> None:
    _flag(store, mailbox_id, uid, "\\Deleted")
    store.submit(lambda conn: expunge(conn, mailbox_id, None, 100)).result()


def test_all_messages_appear_at_first(store: Store, anne: Account, inbox: int) -> None:
    for number in range(3):
        deliver_to(store, anne, build_message(str(number)))
    info, changes = store.read(lambda conn: load_all(conn, inbox)).result()
    assert [meta.uid for meta in changes.appeared] == [1, 2, 3]
    assert (changes.modseq, info.messages, info.recent) == (info.highest_modseq, 3, 0)


def test_each_change_is_told_once_and_under_its_own_head(store: Store, anne: Account, inbox: int) -> None:
    for number in range(3):
        deliver_to(store, anne, build_message(str(number)))
    _, start = store.read(lambda conn: load_all(conn, inbox)).result()
    deliver_to(store, anne, build_message("new"))
    _flag(store, inbox, 2, "\\Seen")
    _flag(store, inbox, 4, "\\Flagged")
    _expunge(store, inbox, 1)
    changes = store.read(lambda conn: load_changes(conn, inbox, start.modseq)).result()
    assert {int(meta.uid): set(meta.flags) for meta in changes.appeared} == {4: {"\\Flagged"}}
    assert {int(meta.uid): set(meta.flags) for meta in changes.flags} == {2: {"\\Seen"}}
    assert changes.vanished == (1,)
    after = store.read(lambda conn: load_changes(conn, inbox, changes.modseq)).result()
    assert after.is_empty
    assert after.modseq == changes.modseq


def test_what_came_and_went_unseen_is_not_mentioned(store: Store, anne: Account, inbox: int) -> None:
    _, start = store.read(lambda conn: load_all(conn, inbox)).result()
    deliver_to(store, anne, build_message())
    _expunge(store, inbox, 1)
    changes = store.read(lambda conn: load_changes(conn, inbox, start.modseq)).result()
    assert changes.is_empty
    assert changes.modseq > start.modseq
    from_the_start = store.read(lambda conn: load_changes(conn, inbox, ModSeq(0))).result()
    assert from_the_start.is_empty


def test_recent_is_claimed_once(store: Store, anne: Account, inbox: int) -> None:
    deliver_to(store, anne, build_message("1"))
    deliver_to(store, anne, build_message("2"))
    assert store.read(lambda conn: find_recent(conn, inbox)).result() == range(1, 3)
    claimed = store.submit(lambda conn: claim_recent(conn, inbox)).result()
    assert claimed == range(1, 3)
    assert not store.submit(lambda conn: claim_recent(conn, inbox)).result()
    deliver_to(store, anne, build_message("3"))
    info, changes = store.read(lambda conn: load_all(conn, inbox, claimed)).result()
    assert [meta.recent for meta in changes.appeared] == [True, True, False]
    assert info.recent == 2
    assert store.submit(lambda conn: claim_recent(conn, inbox)).result() == range(3, 4)


def test_recent_is_told_with_what_appeared(store: Store, anne: Account, inbox: int) -> None:
    _, start = store.read(lambda conn: load_all(conn, inbox)).result()
    deliver_to(store, anne, build_message())
    claimed = store.submit(lambda conn: claim_recent(conn, inbox)).result()
    changes = store.read(lambda conn: load_changes(conn, inbox, start.modseq, claimed)).result()
    assert [meta.recent for meta in changes.appeared] == [True]
    assert changes.modseq == start.modseq + 1  # claiming is no change others are told of


def test_a_mailbox_that_has_gone_is_a_fault(store: Store) -> None:
    for question in (
        lambda conn: load_all(conn, 99),
        lambda conn: load_changes(conn, 99, ModSeq(1)),
        lambda conn: find_recent(conn, 99),
        lambda conn: claim_recent(conn, 99),
    ):
        with pytest.raises(NoSuchMailbox):
            store.submit(question).result()


@pytest.mark.parametrize("statement", [changes_module._APPEARED, changes_module._FLAGGED, changes_module._CHANGED])
def test_what_changed_is_found_without_reading_the_whole_mailbox(
    store: Store, inbox: int, statement: Select[tuple[object, ...]]
) -> None:
    """IDLE's push and every NOOP ask this: the primary key's order would have all rows read for the last one."""

    def explain(conn: Connection) -> str:
        wanted = statement.params(of_mailbox=inbox, since=1).compile(
            dialect=conn.dialect, compile_kwargs={"literal_binds": True}
        )
        return str(conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}").all())

    assert "mailbox_rows_by_modseq (mailbox_id=? AND modseq>?)" in store.read(explain).result()
