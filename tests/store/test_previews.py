"""Previews are made when asked for, kept, and go with their messages."""

from sqlalchemy import Connection, select, update

from mssmail.core.account import Account
from mssmail.store.engine import Store
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.previews import keep_previews, make_preview, make_previews
from mssmail.store.rows import expunge
from mssmail.store.schema import messages, previews
from mssmail.store.text_index import forget_index, keep_messages, prepare_message
from tests.support.store import add_account, build_message, deliver_to


def _list_kept(conn: Connection) -> dict[int, str]:
    return {row[0]: row[1] for row in conn.execute(select(previews))}


def _deliver(store: Store, anne: Account, subject: str, body: bytes = b"the body") -> int:
    data = build_message(subject).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
    return deliver_to(store, anne, data, "INBOX", "\\Deleted").message_id


def test_is_made_from_the_message_and_kept_beside_it(store: Store) -> None:
    anne = add_account(store)
    one, two = _deliver(store, anne, "one", b"first words"), _deliver(store, anne, "two", b"")
    made = store.read(lambda conn: make_previews(conn, [one, two, 99])).result()
    assert made == {one: "first words", two: ""}
    for _ in range(2):
        store.submit(lambda conn: keep_previews(conn, {**made, 99: "gone"})).result()
        assert store.read(_list_kept).result() == made
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    store.submit(lambda conn: expunge(conn, inbox, None, 10)).result()
    assert store.read(_list_kept).result() == {}


def test_a_large_message_is_not_read_whole(store: Store) -> None:
    message_id = _deliver(store, add_account(store), "big", b"beginning " + b"x " * 400_000)
    preview = store.read(lambda conn: make_preview(conn, message_id)).result()
    assert preview is not None
    assert preview.startswith("beginning x x")


def test_a_damaged_message_has_none(store: Store) -> None:
    message_id = _deliver(store, add_account(store), "damaged", b"y" * 400_000)
    for _, path in store.body_files.list_files():
        path.unlink()
    assert store.read(lambda conn: make_preview(conn, message_id)).result() is None
    assert store.read(lambda conn: make_previews(conn, [message_id])).result() == {}


def test_a_message_that_cannot_be_understood_holds_up_nobody(store: Store) -> None:
    anne = add_account(store)
    one, two = _deliver(store, anne, "one", b"first"), _deliver(store, anne, "two", b"second")
    store.submit(lambda conn: conn.execute(update(messages).where(messages.c.id == one).values(cuts="?"))).result()
    assert store.read(lambda conn: make_previews(conn, [one, two])).result() == {two: "second"}


def test_comes_with_the_index_for_search_and_goes_with_it(store: Store) -> None:
    message_id = _deliver(store, add_account(store), "one", b"first words")
    store.submit(lambda conn: keep_messages(conn, 0, [prepare_message(conn, message_id)])).result()
    assert store.read(_list_kept).result() == {message_id: "first words"}
    store.submit(forget_index).result()
    assert store.read(_list_kept).result() == {}
