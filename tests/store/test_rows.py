from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mssmail.core.account import Account
from mssmail.core.mailbox import UID, MessageMeta, StoreAction
from mssmail.errors import NoSuchMailbox
from mssmail.store import rows
from mssmail.store.changes import load_all
from mssmail.store.engine import Store
from mssmail.store.mailboxes import find_mailbox, load_mailbox
from mssmail.store.messages import load_message
from mssmail.store.pages import load_page
from tests.support.store import NOW, PREFIX, add_account, build_message, deliver_to, list_uids

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def anne(store: Store) -> Account:
    return add_account(store)


@pytest.fixture
def inbox(store: Store, anne: Account) -> int:
    """An INBOX with messages 1 to 5."""
    for number in range(5):
        deliver_to(store, anne, build_message(f"message {number}"))
    return store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()


def _uids(*numbers: int) -> list[UID]:
    return [UID(number) for number in numbers]


def _store(store: Store, mailbox_id: int, uids: list[UID], action: StoreAction, *flags: str) -> list[MessageMeta]:
    change = rows.FlagChange(action, frozenset(flags))
    return list(store.submit(lambda conn: rows.store_flags(conn, mailbox_id, uids, change)).result())


def _check_counters(conn: Connection, mailbox_id: int) -> None:
    info, changes = load_all(conn, mailbox_id)
    flags = [meta.flags for meta in changes.appeared]
    assert info.messages == len(flags)
    assert info.unseen == sum("\\Seen" not in held for held in flags)
    assert info.deleted == sum("\\Deleted" in held for held in flags)


def test_pages_are_ascending_and_never_too_large() -> None:
    pages = list(rows.cut_pages(_uids(*range(1200, 0, -1))))
    assert [len(page) for page in pages] == [500, 500, 200]
    assert [uid for page in pages for uid in page] == list(range(1, 1201))
    assert list(rows.cut_pages([])) == []


def test_flags_change_under_one_new_modseq(store: Store, inbox: int) -> None:
    before = store.read(lambda conn: load_mailbox(conn, inbox)).result().highest_modseq
    metas = _store(store, inbox, _uids(1, 3, 77), StoreAction.ADD, "\\Seen", "$Done")
    assert {int(meta.uid): set(meta.flags) for meta in metas} == {1: {"\\Seen", "$Done"}, 3: {"\\Seen", "$Done"}}
    assert {meta.modseq for meta in metas} == {before + 1}
    info = store.read(lambda conn: load_mailbox(conn, inbox)).result()
    assert (info.highest_modseq, info.unseen) == (before + 1, 3)


def test_a_flag_that_was_there_moves_no_clock(store: Store, inbox: int) -> None:
    (first,) = _store(store, inbox, _uids(1), StoreAction.ADD, "\\Seen")
    clock = store.read(lambda conn: load_mailbox(conn, inbox)).result().highest_modseq
    again, changed = _store(store, inbox, _uids(1, 2), StoreAction.ADD, "\\Seen")
    assert again == first._replace(before=first.modseq)
    assert changed.modseq == clock + 1
    assert all(meta.before == meta.modseq for meta in _store(store, inbox, _uids(1, 2), StoreAction.ADD, "\\Seen"))
    assert store.read(lambda conn: load_mailbox(conn, inbox)).result().highest_modseq == clock + 1


def test_counters_follow_every_change_of_flags(store: Store, inbox: int) -> None:
    for action, flags in [
        (StoreAction.ADD, ("\\Seen",)),
        (StoreAction.REPLACE, ("\\Deleted", "blue")),
        (StoreAction.REMOVE, ("\\Deleted",)),
        (StoreAction.REPLACE, ("\\Seen", "\\Deleted")),
        (StoreAction.REPLACE, ()),
    ]:
        _store(store, inbox, _uids(1, 2, 4), action, *flags)
        store.read(lambda conn: _check_counters(conn, inbox)).result()


def test_expunge_removes_only_what_is_marked(store: Store, anne: Account, inbox: int) -> None:
    _store(store, inbox, _uids(2, 4, 5), StoreAction.ADD, "\\Deleted")
    assert store.submit(lambda conn: rows.expunge(conn, inbox, _uids(1, 2, 9), 100)).result() == [2]
    assert store.submit(lambda conn: rows.expunge(conn, inbox, None, 1)).result() == [4]
    assert store.submit(lambda conn: rows.expunge(conn, inbox, None, 100)).result() == [5]
    assert store.submit(lambda conn: rows.expunge(conn, inbox, None, 100)).result() == []
    assert list_uids(store, anne) == [1, 3]
    store.read(lambda conn: _check_counters(conn, inbox)).result()


def test_an_expunged_uid_is_never_given_again(store: Store, anne: Account, inbox: int) -> None:
    _store(store, inbox, _uids(5), StoreAction.ADD, "\\Deleted")
    store.submit(lambda conn: rows.expunge(conn, inbox, None, 100)).result()
    assert deliver_to(store, anne, build_message("next")).placed[0].uid == 6


def test_a_copy_keeps_flags_and_date_and_shares_the_message(store: Store, anne: Account, inbox: int) -> None:
    _store(store, inbox, _uids(2), StoreAction.ADD, "\\Flagged", "blue")
    target = store.read(lambda conn: find_mailbox(conn, anne.id, "Archive")).result()
    done = store.submit(lambda conn: rows.copy_rows(conn, inbox, _uids(4, 2, 99), target.id, LATER)).result()
    assert (done.uid_validity, done.uids) == (target.uid_validity, ((2, 1), (4, 2)))
    source = store.read(lambda conn: load_page(conn, inbox, _uids(2), frozenset())).result()[0]
    copied = store.read(lambda conn: load_page(conn, target.id, _uids(1), frozenset())).result()[0]
    assert (copied.meta.flags, copied.internal_date, copied.size) == (
        source.meta.flags,
        source.internal_date,
        source.size,
    )
    assert copied.meta.message_id == source.meta.message_id
    store.read(lambda conn: _check_counters(conn, target.id)).result()


def test_a_message_lives_as_long_as_one_copy_of_it(store: Store, anne: Account, inbox: int) -> None:
    target = store.read(lambda conn: find_mailbox(conn, anne.id, "Archive").id).result()
    store.submit(lambda conn: rows.copy_rows(conn, inbox, _uids(1), target, NOW)).result()
    message_id = store.read(lambda conn: load_page(conn, inbox, _uids(1), frozenset())).result()[0].meta.message_id
    for box, alive in ((inbox, True), (target, False)):
        _store(store, box, _uids(1), StoreAction.ADD, "\\Deleted")
        store.submit(lambda conn, box=box: rows.expunge(conn, box, None, 100)).result()  # type: ignore[misc]
        assert (store.read(lambda conn: load_message(conn, message_id)).result() is not None) is alive


def test_copying_into_the_same_mailbox_is_possible(store: Store, anne: Account, inbox: int) -> None:
    done = store.submit(lambda conn: rows.copy_rows(conn, inbox, _uids(1, 2), inbox, NOW)).result()
    assert done.uids == ((1, 6), (2, 7))
    assert list_uids(store, anne) == [1, 2, 3, 4, 5, 6, 7]


def test_copying_nothing_is_no_fault(store: Store, inbox: int) -> None:
    assert store.submit(lambda conn: rows.copy_rows(conn, inbox, _uids(99), inbox, NOW)).result().uids == ()


def test_all_messages_move_at_once(store: Store, anne: Account, inbox: int) -> None:
    target = store.read(lambda conn: find_mailbox(conn, anne.id, "Archive").id).result()
    store.submit(lambda conn: rows.move_all(conn, inbox, target, NOW)).result()
    assert list_uids(store, anne) == []
    assert list_uids(store, anne, "Archive") == [1, 2, 3, 4, 5]
    for box in (inbox, target):
        store.read(lambda conn, box=box: _check_counters(conn, box)).result()  # type: ignore[misc]
    store.submit(lambda conn: rows.move_all(conn, inbox, target, NOW)).result()


def test_sizes_are_summed_for_the_quota(store: Store, inbox: int) -> None:
    one = len(PREFIX) + len(build_message("message 0"))
    assert store.read(lambda conn: rows.measure_rows(conn, inbox, _uids(1, 2, 99))).result() == 2 * one
    assert store.read(lambda conn: rows.measure_rows(conn, inbox, [])).result() == 0


def test_a_mailbox_that_has_gone_is_a_fault_everywhere(store: Store, inbox: int) -> None:
    gone, none = 99, frozenset({"\\Seen"})
    new = rows.NewRow(1, 0, "", NOW, 1)
    for attempt in (
        lambda conn: rows.store_flags(conn, gone, _uids(1), rows.FlagChange(StoreAction.ADD, none)),
        lambda conn: rows.expunge(conn, gone, None, 1),
        lambda conn: rows.add_rows(conn, gone, [new], NOW),
        lambda conn: rows.copy_rows(conn, inbox, _uids(1), gone, NOW),
    ):
        with pytest.raises(NoSuchMailbox):
            store.submit(attempt).result()
