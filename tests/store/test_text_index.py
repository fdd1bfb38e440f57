"""Filling and pruning the index, a step at a time and twice over."""

import pytest
from sqlalchemy import Connection, func, select

from mssmail.core.account import Account
from mssmail.store.engine import Store
from mssmail.store.grams import BLOCK, list_buckets
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.rows import expunge
from mssmail.store.schema import gram_blocks, listings, message_texts, sort_keys
from mssmail.store.text_index import (
    find_last_block,
    find_missing_blocks,
    find_stale_blocks,
    forget_index,
    keep_messages,
    list_messages,
    pack_messages,
    prepare_message,
    prune_blocks,
)
from tests.support.store import build_message, deliver_to


def _deliver(store: Store, account: Account, count: int) -> None:
    for number in range(count):
        deliver_to(store, account, build_message(f"word{number}"), "INBOX", "\\Deleted")


def _fill(conn: Connection, block: int) -> None:
    keep_messages(conn, block, [prepare_message(conn, each) for each in list_messages(conn, block)])


def _count(store: Store, *tables: object) -> list[int]:
    def look(conn: Connection) -> list[int]:
        return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]  # type: ignore[arg-type]

    return store.read(look).result()


def test_a_block_is_filled_when_all_its_ids_are_given_out(store: Store, anne: Account) -> None:
    assert store.read(find_last_block).result() == -1
    _deliver(store, anne, BLOCK - 2)  # ids begin at 1
    assert store.read(find_last_block).result() == -1
    _deliver(store, anne, 1)
    assert store.read(find_last_block).result() == 0
    assert store.read(lambda conn: find_missing_blocks(conn, 0, 0)).result() == [0]
    for _ in range(2):  # doing it again changes nothing
        store.submit(lambda conn: _fill(conn, 0)).result()
        assert store.read(lambda conn: find_missing_blocks(conn, 0, 0)).result() == []
        assert _count(store, gram_blocks, message_texts) == [1, BLOCK - 1]


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_message_that_went_meanwhile_is_left_out(store: Store, anne: Account, is_packed: bool) -> None:
    _deliver(store, anne, 3)
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    prepared = store.read(lambda conn: [prepare_message(conn, each) for each in list_messages(conn, 0)]).result()
    packed = pack_messages(prepared) if is_packed else None
    store.submit(lambda conn: expunge(conn, inbox, None, 1)).result()
    store.submit(lambda conn: keep_messages(conn, 0, prepared, packed)).result()
    assert _count(store, message_texts) == [2]
    assert store.read(lambda conn: find_stale_blocks(conn, 0)).result() == ([], None)


def test_what_is_packed_beforehand_is_what_is_written(store: Store, anne: Account) -> None:
    _deliver(store, anne, 3)
    prepared = store.read(lambda conn: [prepare_message(conn, each) for each in list_messages(conn, 0)]).result()
    written = []
    for packed in (None, pack_messages(prepared)):
        store.submit(lambda conn, packed=packed: keep_messages(conn, 0, prepared, packed)).result()  # type: ignore[misc]
        written.append(store.read(lambda conn: list_buckets(conn, 0)).result())
    assert written[0] == written[1] != []


def test_what_goes_later_is_swept_out(store: Store, anne: Account) -> None:
    _deliver(store, anne, 3)
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    store.submit(lambda conn: _fill(conn, 0)).result()
    store.submit(lambda conn: expunge(conn, inbox, None, 1)).result()
    assert _count(store, message_texts) == [2]  # its text goes with it
    stale, following = store.read(lambda conn: find_stale_blocks(conn, 0)).result()
    assert (stale, following) == ([(0, 0b1100)], None)
    store.submit(lambda conn: prune_blocks(conn, stale)).result()
    assert store.read(lambda conn: find_stale_blocks(conn, 0)).result() == ([], None)
    store.submit(lambda conn: expunge(conn, inbox, None, 9)).result()
    stale, _ = store.read(lambda conn: find_stale_blocks(conn, 0)).result()
    store.submit(lambda conn: prune_blocks(conn, stale)).result()
    assert _count(store, gram_blocks) == [0]
    assert store.read(lambda conn: find_stale_blocks(conn, 5)).result() == ([], None)


def test_all_that_is_made_can_be_forgotten(store: Store, anne: Account) -> None:
    _deliver(store, anne, 2)
    store.submit(lambda conn: _fill(conn, 0)).result()
    store.submit(forget_index).result()
    assert _count(store, gram_blocks, message_texts, listings, sort_keys) == [0, 0, 0, 0]
