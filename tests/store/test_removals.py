"""Deleting a mailbox is one small step, whatever it holds; the rest follows, and may be cut off anywhere."""

import pytest
from sqlalchemy import func, select

from mssmail.core.account import Account
from mssmail.core.mailbox import UID, StoreAction
from mssmail.errors import MailboxGone
from mssmail.store import accounts, rows, transfers
from mssmail.store.changes import load_all
from mssmail.store.engine import Store
from mssmail.store.fsck import check_store
from mssmail.store.mailboxes import create_mailbox, delete_mailbox, find_mailbox, list_mailboxes
from mssmail.store.places import find_owner, find_rights_by_id
from mssmail.store.receipts import mark_answered
from mssmail.store.removals import find_deleted, remove_mailbox, remove_some
from mssmail.store.schema import mailbox_rows, mailboxes, messages, vanished
from tests.support.store import NOW, build_message, deliver_to


@pytest.fixture
def old(store: Store, anne: Account) -> int:
    """A mailbox of seven messages from which two have vanished."""
    mailbox_id = store.submit(lambda conn: create_mailbox(conn, anne.id, "Old", "", NOW)).result().id
    for number in range(7):
        deliver_to(store, anne, build_message(f"message {number}"), "Old", "\\Deleted")
    store.submit(lambda conn: rows.expunge(conn, mailbox_id, [UID(1), UID(2)], 9)).result()
    return mailbox_id


def _count(store: Store, table: object) -> int:
    return store.read(lambda conn: conn.execute(select(func.count()).select_from(table)).scalar_one()).result()  # type: ignore[arg-type]


def test_a_deleted_mailbox_is_gone_for_everybody_at_once_and_its_name_and_room_are_free(
    store: Store, anne: Account, old: int
) -> None:
    copied = store.read(lambda conn: load_all(conn, old)).result()[1].appeared[0].message_id
    assert store.submit(lambda conn: delete_mailbox(conn, anne.id, "Old")).result() == old
    names = [info.name for info in store.read(lambda conn: list_mailboxes(conn, anne.id)).result()]
    assert names == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]
    assert store.read(lambda conn: accounts.find_usage(conn, anne.id).octets).result() == 0
    assert store.read(lambda conn: find_rights_by_id(conn, anne, old)).result() == ""
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    change = rows.FlagChange(StoreAction.ADD, frozenset({"\\Seen"}))
    for attempt in (
        lambda conn: load_all(conn, old),
        lambda conn: find_owner(conn, old),
        lambda conn: rows.store_flags(conn, old, [UID(3)], change),
        lambda conn: rows.expunge(conn, old, None, 9),
        lambda conn: transfers.move_rows(conn, old, [UID(3)], inbox, NOW),
        lambda conn: transfers.copy_rows(conn, inbox, [], old, NOW),
    ):
        with pytest.raises(MailboxGone):
            store.submit(attempt).result()
    assert store.submit(lambda conn: mark_answered(conn, copied, anne.id)).result() == ()
    assert check_store(store) == []
    again = store.submit(lambda conn: create_mailbox(conn, anne.id, "Old", "", NOW)).result()
    assert (again.messages, again.id != old) == (0, True)
    remove_until_done(store)
    assert store.read(lambda conn: find_mailbox(conn, anne.id, "Old")).result() == again


def remove_until_done(store: Store, limit: int = 2) -> int:
    """As the server does it; how many steps it took."""
    steps = 0
    while (mailbox_id := store.read(find_deleted).result()) is not None:
        store.submit(lambda conn, each=mailbox_id: remove_some(conn, each, limit)).result()  # type: ignore[misc]
        steps += 1
        assert check_store(store) == []  # a kill here would leave a sound store
    return steps


def test_what_it_held_goes_in_steps_each_of_which_leaves_a_sound_store(store: Store, anne: Account, old: int) -> None:
    kept = deliver_to(store, anne, build_message("kept"))
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    store.submit(lambda conn: transfers.copy_rows(conn, old, [UID(4)], inbox, NOW)).result()
    store.submit(lambda conn: delete_mailbox(conn, anne.id, "Old")).result()
    assert remove_until_done(store) == 5  # 2 + 2 + 1 messages, what had vanished, the mailbox
    assert _count(store, messages) == 2
    assert _count(store, vanished) == 0
    assert _count(store, mailbox_rows) == 2
    assert _count(store, mailboxes) == 6
    first = store.read(lambda conn: load_all(conn, inbox)).result()[1].appeared[0]
    assert first.message_id == kept.message_id


def test_an_account_goes_with_what_is_left_of_its_deleted_mailboxes(store: Store, anne: Account, old: int) -> None:
    store.submit(lambda conn: delete_mailbox(conn, anne.id, "Old")).result()
    store.submit(lambda conn: remove_some(conn, old, 1)).result()
    store.submit(lambda conn: accounts.remove(conn, anne.address)).result()
    assert _count(store, messages) == _count(store, mailboxes) == _count(store, mailbox_rows) == 0


def test_a_mailbox_is_removed_at_once_where_nobody_waits(store: Store, old: int) -> None:
    store.submit(lambda conn: remove_mailbox(conn, old)).result()
    assert _count(store, messages) == _count(store, vanished) == 0
