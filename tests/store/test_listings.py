"""Listings are there from the delivery on; what older versions kept gets them later, and the same."""

from dataclasses import replace

from sqlalchemy import Connection, delete, select

from mssmail.core.account import Account
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store.engine import Store
from mssmail.store.listings import find_unlisted, list_messages
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import Delivered, Placement, deliver, drop_unused_messages
from mssmail.store.rows import expunge
from mssmail.store.schema import listings, sort_keys
from tests.support.store import add_account, build_delivery, build_message

DATA = b"From: b@b.test\r\nReceived: x\r\nSubject: Re: one\r\nReferences: <1@a> <2@a>\r\n\r\ntext\r\n"


def _deliver(store: Store, account: Account, data: bytes = DATA) -> Delivered:
    delivery = replace(
        build_delivery(store, data, Placement(account.id, "INBOX", frozenset({"\\Deleted"}))),
        index=build_index(data, scan(data), "us.test"),
        prefix=b"Return-Path: <x@y>\r\nReceived: by us\r\n",
    )
    return store.submit(lambda conn: deliver(conn, delivery)).result()


def _load(store: Store, message_id: int) -> tuple[object, ...] | None:
    def look(conn: Connection) -> tuple[object, ...] | None:
        wanted = select(listings.c.fields, *sort_keys.c).join(
            sort_keys, sort_keys.c.message_id == listings.c.message_id
        )
        row = conn.execute(wanted.where(listings.c.message_id == message_id)).first()
        return None if row is None else tuple(row)

    return store.read(look).result()


def _forget(conn: Connection) -> None:
    conn.execute(delete(listings))
    conn.execute(delete(sort_keys))


def test_a_delivery_brings_its_listing(store: Store) -> None:
    kept = _load(store, _deliver(store, add_account(store)).message_id)
    assert kept is not None
    assert kept[0] == (b"Return-Path: <x@y>\r\nFrom: b@b.test\r\nSubject: Re: one\r\nReferences: <1@a> <2@a>\r\n")
    assert kept[2:4] == ("ONE", True)
    assert kept[-1] == "1@a\n2@a"


def test_what_an_older_version_kept_is_listed_later_and_the_same(store: Store) -> None:
    anne = add_account(store)
    ids = [_deliver(store, anne).message_id for _ in range(3)]
    kept = [_load(store, message_id) for message_id in ids]
    store.submit(_forget).result()
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    assert store.read(find_unlisted).result() == ids[::-1]
    assert store.read(lambda conn: find_unlisted(conn, inbox)).result() == ids[::-1]
    assert store.read(lambda conn: find_unlisted(conn, inbox + 99)).result() == []
    store.submit(lambda conn: list_messages(conn, [*ids, 99])).result()
    assert [_load(store, message_id) for message_id in ids] == kept
    assert store.read(find_unlisted).result() == []


def test_a_message_without_its_file_is_listed_as_nothing_and_not_again(store: Store) -> None:
    anne = add_account(store)
    message_id = _deliver(store, anne, build_message("x", octets=200_000)).message_id
    store.submit(_forget).result()
    for _, path in store.body_files.list_files():
        path.unlink()
    store.submit(lambda conn: list_messages(conn, [message_id])).result()
    kept = _load(store, message_id)
    assert kept is not None
    assert kept[0] is None
    assert store.read(find_unlisted).result() == []


def test_a_long_prefix_may_be_the_octet_too_many(store: Store) -> None:
    anne = add_account(store)
    delivery = replace(
        build_delivery(store, DATA, Placement(anne.id)),
        index=build_index(DATA, scan(DATA), "us.test"),
        prefix=b"Return-Path: <" + b"x" * 17_000 + b">\r\n",
    )
    message_id = store.submit(lambda conn: deliver(conn, delivery)).result().message_id
    kept = _load(store, message_id)
    assert kept is not None
    assert kept[0] is None


def test_a_listing_goes_with_its_message(store: Store) -> None:
    anne = add_account(store)
    message_id = _deliver(store, anne).message_id
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    store.submit(lambda conn: expunge(conn, inbox, None, 10)).result()
    store.submit(lambda conn: drop_unused_messages(conn, [message_id])).result()
    assert _load(store, message_id) is None
