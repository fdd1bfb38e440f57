import pytest

from mssmail.core.account import Account
from mssmail.core.mailbox import StoreAction
from mssmail.errors import NoSuchMailbox
from mssmail.store import rows
from mssmail.store.engine import Store
from mssmail.store.mailboxes import load_mailbox
from tests.support.store import (
    NOW,
    build_message,
    change_flags,
    check_counters,
    deliver_to,
    list_uids,
    make_uids,
)


def test_pages_are_ascending_and_never_too_large() -> None:
    pages = list(rows.cut_pages(make_uids(*range(1200, 0, -1))))
    assert [len(page) for page in pages] == [500, 500, 200]
    assert [uid for page in pages for uid in page] == list(range(1, 1201))
    assert list(rows.cut_pages([])) == []


def test_flags_change_under_one_new_modseq(store: Store, inbox: int) -> None:
    before = store.read(lambda conn: load_mailbox(conn, inbox)).result().highest_modseq
    metas = change_flags(store, inbox, make_uids(1, 3, 77), StoreAction.ADD, "\\Seen", "$Done")
    assert {int(meta.uid): set(meta.flags) for meta in metas} == {1: {"\\Seen", "$Done"}, 3: {"\\Seen", "$Done"}}
    assert {meta.modseq for meta in metas} == {before + 1}
    info = store.read(lambda conn: load_mailbox(conn, inbox)).result()
    assert (info.highest_modseq, info.unseen) == (before + 1, 3)


def test_a_flag_that_was_there_moves_no_clock(store: Store, inbox: int) -> None:
    (first,) = change_flags(store, inbox, make_uids(1), StoreAction.ADD, "\\Seen")
    clock = store.read(lambda conn: load_mailbox(conn, inbox)).result().highest_modseq
    again, changed = change_flags(store, inbox, make_uids(1, 2), StoreAction.ADD, "\\Seen")
    assert again == first._replace(before=first.modseq)
    assert changed.modseq == clock + 1
    unchanged = [meta._replace(before=meta.modseq) for meta in (again, changed)]
    assert change_flags(store, inbox, make_uids(1, 2), StoreAction.ADD, "\\Seen") == unchanged
    assert store.read(lambda conn: load_mailbox(conn, inbox)).result().highest_modseq == clock + 1


def test_counters_follow_every_change_of_flags(store: Store, inbox: int) -> None:
    for action, flags in [
        (StoreAction.ADD, ("\\Seen",)),
        (StoreAction.REPLACE, ("\\Deleted", "blue")),
        (StoreAction.REMOVE, ("\\Deleted",)),
        (StoreAction.REPLACE, ("\\Seen", "\\Deleted")),
        (StoreAction.REPLACE, ()),
    ]:
        change_flags(store, inbox, make_uids(1, 2, 4), action, *flags)
        store.read(lambda conn: check_counters(conn, inbox)).result()


def test_expunge_removes_only_what_is_marked(store: Store, anne: Account, inbox: int) -> None:
    change_flags(store, inbox, make_uids(2, 4, 5), StoreAction.ADD, "\\Deleted")
    assert store.submit(lambda conn: rows.expunge(conn, inbox, make_uids(1, 2, 9), 100)).result() == [2]
    assert store.submit(lambda conn: rows.expunge(conn, inbox, None, 1)).result() == [4]
    assert store.submit(lambda conn: rows.expunge(conn, inbox, None, 100)).result() == [5]
    assert store.submit(lambda conn: rows.expunge(conn, inbox, None, 100)).result() == []
    assert list_uids(store, anne) == [1, 3]
    store.read(lambda conn: check_counters(conn, inbox)).result()


def test_an_expunged_uid_is_never_given_again(store: Store, anne: Account, inbox: int) -> None:
    change_flags(store, inbox, make_uids(5), StoreAction.ADD, "\\Deleted")
    store.submit(lambda conn: rows.expunge(conn, inbox, None, 100)).result()
    assert deliver_to(store, anne, build_message("next")).placed[0].uid == 6


def test_a_mailbox_that_has_gone_is_a_fault_everywhere(store: Store, inbox: int) -> None:
    gone, none = 99, frozenset({"\\Seen"})
    new = rows.NewRow(1, 0, "", NOW, 1)
    for attempt in (
        lambda conn: rows.store_flags(conn, gone, make_uids(1), rows.FlagChange(StoreAction.ADD, none)),
        lambda conn: rows.expunge(conn, gone, None, 1),
        lambda conn: rows.add_rows(conn, gone, [new], NOW),
    ):
        with pytest.raises(NoSuchMailbox):
            store.submit(attempt).result()
