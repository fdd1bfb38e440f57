import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from mssmail.core.account import Account
from mssmail.core.message import Span
from mssmail.errors import NoSuchMailbox, StoreUnavailable
from mssmail.store.bodies import INLINE_BYTES, BodyFiles
from mssmail.store.engine import Store
from mssmail.store.messages import Placement, deliver
from mssmail.store.rows import expunge
from mssmail.store.schema import bodies
from tests.support.store import add_account, build_delivery, build_message, deliver_to

LARGE = build_message("large", octets=INLINE_BYTES + 1)


@pytest.mark.parametrize("data", [build_message(octets=INLINE_BYTES), LARGE], ids=["inline", "file"])
def test_a_body_is_read_back_by_span(store: Store, data: bytes) -> None:
    message_id = deliver_to(store, add_account(store), data).message_id
    for span in (Span(0, len(data)), Span(0, 0), Span(5, 10), Span(len(data) - 3, len(data))):
        assert store.read_body(message_id, span).result() == span.cut(data)


def test_only_large_bodies_are_files(store: Store) -> None:
    account = add_account(store)
    deliver_to(store, account, build_message(octets=INLINE_BYTES))
    assert list(store.body_files.list_files()) == []
    deliver_to(store, account, LARGE)
    (name, path), *more = store.body_files.list_files()
    assert path.read_bytes() == LARGE
    assert (name, more) == (store.keep_body(LARGE).sha256, [])
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("data", [build_message(), LARGE], ids=["inline", "file"])
def test_equal_bytes_are_kept_once(store: Store, data: bytes) -> None:
    account = add_account(store)
    first, second = deliver_to(store, account, data), deliver_to(store, account, data)
    assert first.message_id != second.message_id
    assert len(store.read(lambda conn: conn.execute(select(bodies.c.id)).all()).result()) == 1


def test_a_message_that_has_gone_has_no_bytes(store: Store) -> None:
    with pytest.raises(NoSuchMailbox):
        store.read_body(7, Span(0, 1)).result()


def test_a_missing_or_short_file_is_unavailable_not_empty(store: Store) -> None:
    message_id = deliver_to(store, add_account(store), LARGE).message_id
    (_, path), *_ = store.body_files.list_files()
    os.truncate(path, 10)
    with pytest.raises(StoreUnavailable):
        store.read_body(message_id, Span(0, 11)).result()
    path.unlink()
    with pytest.raises(StoreUnavailable):
        store.read_body(message_id, Span(0, 1)).result()


def _expunge_everything(store: Store, mailbox_id: int) -> None:
    store.submit(lambda conn: expunge(conn, mailbox_id, None, 100)).result()
    store.submit(lambda conn: None).result()  # a batch later the sweep has been


def test_the_file_goes_with_the_last_reference(store: Store) -> None:
    account = add_account(store)
    kept = deliver_to(store, account, LARGE, "Junk", "\\Deleted").placed[0].mailbox_id
    last = deliver_to(store, account, LARGE, "Trash", "\\Deleted").placed[0].mailbox_id
    _expunge_everything(store, kept)
    assert len(list(store.body_files.list_files())) == 1
    _expunge_everything(store, last)
    assert list(store.body_files.list_files()) == []


def test_a_file_swept_between_keeping_and_commit_is_written_again(store: Store) -> None:
    account = add_account(store)
    box = deliver_to(store, account, LARGE, "Junk", "\\Deleted").placed[0].mailbox_id
    delivery = build_delivery(store, LARGE, Placement(account.id))  # the file was there
    _expunge_everything(store, box)
    assert list(store.body_files.list_files()) == []
    message_id = store.submit(lambda conn: deliver(conn, delivery)).result().message_id
    assert store.read_body(message_id, Span(0, len(LARGE))).result() == LARGE


def test_a_reference_made_in_the_same_batch_as_the_last_expunge_keeps_the_file(store: Store) -> None:
    account = add_account(store)
    box = deliver_to(store, account, LARGE, "Junk", "\\Deleted").placed[0].mailbox_id
    delivery = build_delivery(store, LARGE, Placement(account.id))

    def replace_it(conn: Connection) -> int:
        expunge(conn, box, None, 100)
        return deliver(conn, delivery).message_id

    message_id = store.submit(replace_it).result()
    store.submit(lambda conn: None).result()
    assert store.read_body(message_id, Span(0, len(LARGE))).result() == LARGE


def test_no_reference_loses_its_file_however_often_the_file_comes_and_goes(store: Store) -> None:
    accounts = [add_account(store, f"a{number}@a.test") for number in range(4)]

    def work(account: Account) -> None:
        for _ in range(15):
            delivered = deliver_to(store, account, LARGE, "INBOX", "\\Deleted")
            assert store.read_body(delivered.message_id, Span(0, len(LARGE))).result() == LARGE
            box, uid = delivered.placed[0].mailbox_id, delivered.placed[0].uid
            assert store.submit(lambda conn, box=box, uid=uid: expunge(conn, box, [uid], 1)).result() == [uid]  # type: ignore[misc]

    with ThreadPoolExecutor(len(accounts)) as pool:
        list(pool.map(work, accounts))
    store.submit(lambda conn: None).result()
    assert list(store.body_files.list_files()) == []


def test_a_body_that_cannot_be_written_is_a_fault_of_the_store(store: Store) -> None:
    (store.directory / "bodies" / "tmp").rmdir()
    with pytest.raises(StoreUnavailable):
        store.keep_body(LARGE)
    assert store.keep_body(build_message()).identity is None


def test_a_damaged_file_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    files = BodyFiles(tmp_path / "bodies", inline_bytes=0)
    body = files.keep(b"content")
    files.path(body.sha256).write_bytes(b"short")
    files.keep(b"content")
    assert files.read(body.sha256, Span(0, 7)) == b"content"


def test_what_a_killed_process_was_writing_is_cleared(tmp_path: Path) -> None:
    files = BodyFiles(tmp_path / "bodies")
    (tmp_path / "bodies" / "tmp" / "half").write_bytes(b"ha")
    files.clear_unfinished()
    assert list((tmp_path / "bodies" / "tmp").iterdir()) == []
