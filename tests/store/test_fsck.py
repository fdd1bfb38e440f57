import os
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from mssmail.core.address import parse_address
from mssmail.journal import Entry, Event
from mssmail.store import fsck
from mssmail.store.bodies import INLINE_BYTES
from mssmail.store.engine import Store
from mssmail.store.fsck import check_store
from mssmail.store.journal import append_entries
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import deliver
from mssmail.store.rows import expunge
from tests.support.store import NOW, add_account, build_delivery, build_message, deliver_to

LARGE = build_message("large", octets=INLINE_BYTES + 1)


@pytest.fixture
def used(store: Store) -> Store:
    """A store with mail of every kind in it, some of it gone again."""
    anne = add_account(store)
    deliver_to(store, anne, build_message("one"))
    deliver_to(store, anne, build_message("two"), "INBOX", "\\Seen", "\\Deleted")
    deliver_to(store, anne, LARGE, "Junk")
    queued = build_delivery(store, build_message("queued"), queue=(parse_address("bob@b.test"),))
    store.submit(lambda conn: deliver(conn, queued)).result()
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    store.submit(lambda conn: expunge(conn, inbox, None, 10)).result()
    deliver_to(store, anne, build_message("three"), "INBOX", "\\Deleted")
    for number in range(4):
        entry = Entry(NOW, Event.ADMIN, "t", {"number": number})
        store.submit(lambda conn, entry=entry: append_entries(conn, (entry,))).result()  # type: ignore[misc]
    return store


def test_a_sound_store_has_no_problems(store: Store) -> None:
    assert check_store(store) == []


def test_a_store_in_use_has_no_problems(used: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_store(used) == []
    monkeypatch.setattr(fsck, "PAGE", 1)
    assert check_store(used) == []


@pytest.mark.parametrize(
    ("damage", "kind", "words"),
    [
        ("UPDATE mailboxes SET messages = messages + 1 WHERE name = 'INBOX'", "counters", "messages is 3, counted 2"),
        ("UPDATE mailboxes SET unseen = 9 WHERE name = 'INBOX'", "counters", "unseen is 9, counted 2"),
        ("UPDATE mailboxes SET deleted = 0 WHERE name = 'INBOX'", "counters", "deleted is 0, counted 1"),
        ("UPDATE mailboxes SET size = 1 WHERE name = 'Junk'", "counters", "size is 1, counted"),
        ("UPDATE mailboxes SET uid_next = 3 WHERE name = 'INBOX'", "uid", "beyond"),
        ("UPDATE mailboxes SET highest_modseq = 1 WHERE name = 'Junk'", "uid", "beyond"),
        ("UPDATE vanished SET uid = 1", "uid", "is there and has vanished"),
        ("DELETE FROM queue", "message", "in no mailbox"),
        ("DELETE FROM journal WHERE id IN (2, 3)", "journal", "is missing, and all up to 3"),
        ("UPDATE journal SET event = 'invented' WHERE id = 2", "journal", "cannot be read"),
        ("UPDATE journal SET facts = '{' WHERE id = 2", "journal", "cannot be read"),
        ("UPDATE journal SET facts = '[]' WHERE id = 2", "journal", "cannot be read"),
        ("UPDATE bodies SET data = CAST('x' AS BLOB) WHERE data IS NOT NULL AND id = 1", "body", "not those of"),
        ("UPDATE messages SET length = length + 1 WHERE id = 1", "message", "sizes do not agree"),
        ("UPDATE messages SET header_end = 1000000 WHERE id = 1", "message", "sizes do not agree"),
        ("UPDATE messages SET cuts = '[[0,5]]' WHERE id = 1", "message", "sizes do not agree"),
        ("INSERT INTO message_texts (message_id, data) VALUES (1, x'00')", "index", "its text for SEARCH"),
        ("INSERT INTO gram_blocks (block, present, unfiltered) VALUES (0, 0, 1)", "index", "its trigrams"),
        (
            "INSERT INTO bodies (sha256, length, data) VALUES (zeroblob(32), 0, zeroblob(0))",
            "body",
            "no message has it",
        ),
    ],
)
def test_what_does_not_agree_is_reported(used: Store, damage: str, kind: str, words: str) -> None:
    used.submit(lambda conn: conn.execute(text(damage))).result()
    problems = check_store(used)
    assert any(problem.kind == kind and words in problem.text for problem in problems), problems


def _truncate(used: Store) -> None:
    os.truncate(next(used.body_files.list_files())[1], 5)


def _overwrite(used: Store) -> None:
    next(used.body_files.list_files())[1].write_bytes(LARGE[:-1] + b"!")


def _remove(used: Store) -> None:
    next(used.body_files.list_files())[1].unlink()


@pytest.mark.parametrize("damage", [_truncate, _overwrite, _remove])
def test_a_damaged_body_file_is_reported(used: Store, damage: Callable[[Store], None]) -> None:
    damage(used)
    (problem,) = check_store(used)
    assert problem.kind == "body"


def test_a_file_nobody_refers_to_is_reported(used: Store) -> None:
    orphan = used.keep_body(LARGE + b"never delivered")
    (problem,) = check_store(used)
    assert problem.kind == "file"
    assert orphan.sha256 in problem.subject


def test_a_broken_reference_is_all_that_is_reported(used: Store) -> None:
    def cut(conn: Connection) -> None:
        conn.exec_driver_sql("ROLLBACK")
        conn.exec_driver_sql("PRAGMA foreign_keys = OFF")
        conn.exec_driver_sql("DELETE FROM accounts")
        raise OSError("leave the connection behind")

    with pytest.raises(Exception, match="cannot do this now"):
        used.submit(cut).result()
    problems = check_store(used)
    assert problems
    assert {problem.kind for problem in problems} == {"database"}
