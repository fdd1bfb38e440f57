import pytest

from mssmail.core.mailbox import DELETED, SEEN
from mssmail.errors import NoSuchMailbox
from mssmail.store.counters import Move, count_deleted, count_unseen, move_counters, move_counters_by_name
from mssmail.store.engine import Store
from mssmail.store.flags import encode_flags
from mssmail.store.mailboxes import find_mailbox
from tests.support.store import add_account


@pytest.mark.parametrize(
    ("flags", "unseen", "deleted"),
    [(set[str](), 1, 0), ({SEEN}, 0, 0), ({DELETED}, 1, 1), ({SEEN, DELETED}, 0, 1), ({"\\Flagged"}, 1, 0)],
)
def test_bits_count_as_unseen_and_deleted(flags: set[str], unseen: int, deleted: int) -> None:
    bits, _ = encode_flags(flags)
    assert (count_unseen(bits), count_deleted(bits)) == (unseen, deleted)


def test_every_move_is_one_tick_and_hands_out_uids_in_a_row(store: Store) -> None:
    account = add_account(store)
    info = store.read(lambda conn: find_mailbox(conn, account.id, "INBOX")).result()
    move = Move(uids=3, messages=3, unseen=2, deleted=1, size=50)
    moved = store.submit(lambda conn: move_counters(conn, info.id, move)).result()
    assert (moved.mailbox_id, moved.first_uid, moved.modseq) == (info.id, info.uid_next, info.highest_modseq + 1)
    after = store.read(lambda conn: find_mailbox(conn, account.id, "INBOX")).result()
    assert (after.uid_next, after.messages, after.unseen, after.deleted, after.size) == (4, 3, 2, 1, 50)


def test_a_mailbox_that_is_not_there_cannot_move(store: Store) -> None:
    account = add_account(store)
    with pytest.raises(NoSuchMailbox):
        store.submit(lambda conn: move_counters(conn, 99, Move())).result()
    assert store.submit(lambda conn: move_counters_by_name(conn, account.id, "None", Move())).result() is None
