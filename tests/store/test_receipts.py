"""Receipts are owed once, keep their message until they are settled, and are forgotten in time."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from mssmail.core.address import parse_address
from mssmail.core.receipt import Disposition, FilingError, ReceiptOrder
from mssmail.store.accounts import find_account
from mssmail.store.changes import load_all
from mssmail.store.engine import Store
from mssmail.store.fsck import check_store
from mssmail.store.messages import Placement, deliver, load_message
from mssmail.store.receipts import (
    ReceiptState,
    SentMail,
    find_next_due,
    find_sent,
    forget_receipts,
    list_due,
    list_receipts,
    mark_answered,
    order_receipt,
    put_off_receipt,
    remember_sent,
    settle_receipt,
)
from tests.support.store import NOW, add_account, build_delivery, build_message

LABO = parse_address("Labo@b.test")
FAILED = Disposition(error=FilingError.UNKNOWN_PATIENT, note="aucun dossier")


@pytest.fixture
def order(store: Store) -> ReceiptOrder:
    """A message that only its receipt will keep."""
    account = add_account(store, "labo@b.test")
    delivery = build_delivery(store, build_message(), Placement(account.id), trace_id="trace")
    message_id = store.submit(lambda conn: deliver(conn, delivery)).result().message_id
    return ReceiptOrder(message_id, "trace", LABO, FAILED, NOW)


def _order(store: Store, order: ReceiptOrder) -> bool:
    return store.submit(lambda conn: order_receipt(conn, order)).result()


def test_a_receipt_is_owed_once_per_message_and_account(store: Store, order: ReceiptOrder) -> None:
    assert _order(store, order)
    assert not _order(store, order)
    [kept] = store.read(lambda conn: list_due(conn, NOW)).result()
    assert kept.order.disposition == FAILED
    assert (str(kept.order.recipient), kept.attempts, kept.state) == ("labo@b.test", 0, ReceiptState.WAITING)


def test_a_message_is_kept_until_its_receipt_is_settled(store: Store, order: ReceiptOrder) -> None:
    _order(store, order)

    def empty(conn: Connection) -> None:
        conn.execute(text("DELETE FROM mailbox_rows"))
        conn.execute(text("UPDATE mailboxes SET messages = 0, unseen = 0, size = 0"))

    store.submit(empty).result()
    assert list(check_store(store)) == []
    [kept] = store.read(lambda conn: list_due(conn, NOW)).result()
    settle = lambda conn: settle_receipt(conn, kept.id, ReceiptState.SENT, "receipt")  # noqa: E731
    assert store.submit(settle).result()
    assert store.read(lambda conn: load_message(conn, order.message_id)).result() is None
    assert not store.submit(settle).result()
    [done] = store.read(lambda conn: list_receipts(conn, "trace")).result()
    assert (done.state, done.outcome) == (ReceiptState.SENT, "receipt")
    assert not _order(store, order)


def test_what_is_put_off_comes_due_later(store: Store, order: ReceiptOrder) -> None:
    assert store.read(find_next_due).result() is None
    _order(store, order)
    [kept] = store.read(lambda conn: list_due(conn, NOW)).result()
    later = NOW + timedelta(minutes=1)
    store.submit(lambda conn: put_off_receipt(conn, kept.id, later, "white-list-stale")).result()
    assert store.read(lambda conn: list_due(conn, NOW)).result() == []
    assert store.read(find_next_due).result() == later
    [kept] = store.read(lambda conn: list_due(conn, later)).result()
    assert (kept.attempts, kept.outcome) == (1, "white-list-stale")


def test_sent_mail_is_found_by_what_its_answer_calls_it(store: Store) -> None:
    anne = parse_address("Anne@a.test")
    first = SentMail("<1@a.test>", anne, "trace", ("labo@b.test",), NOW)
    again = SentMail("<1@a.test>", anne, "trace2", ("labo@b.test", "bob@b.test"), NOW)
    for sent in (first, again):
        store.submit(lambda conn, sent=sent: remember_sent(conn, sent)).result()  # type: ignore[misc]
    assert store.read(lambda conn: find_sent(conn, "<1@a.test>", anne)).result() == again
    assert store.read(lambda conn: find_sent(conn, "<1@a.test>", LABO)).result() is None
    assert store.read(lambda conn: find_sent(conn, "<2@a.test>", anne)).result() is None


def test_what_is_old_is_forgotten_but_never_what_is_owed(store: Store, order: ReceiptOrder) -> None:
    _order(store, order)
    anne = parse_address("anne@a.test")
    store.submit(lambda conn: remember_sent(conn, SentMail("<1@a.test>", anne, "t", (), NOW))).result()
    later = NOW + timedelta(days=1)
    assert store.submit(lambda conn: forget_receipts(conn, NOW)).result() == 0
    assert store.submit(lambda conn: forget_receipts(conn, later)).result() == 1
    [kept] = store.read(lambda conn: list_due(conn, NOW)).result()
    store.submit(lambda conn: settle_receipt(conn, kept.id, ReceiptState.DECLINED, "not-asked")).result()
    assert store.submit(lambda conn: forget_receipts(conn, later)).result() == 1


def test_only_the_answering_accounts_copies_are_marked(store: Store, order: ReceiptOrder) -> None:
    labo = store.read(lambda conn: find_account(conn, LABO)).result()
    assert labo is not None
    other = add_account(store, "other@b.test")
    [marked] = store.submit(lambda conn: mark_answered(conn, order.message_id, labo.id)).result()
    assert store.submit(lambda conn: mark_answered(conn, order.message_id, other.id)).result() == ()
    [metadata] = store.read(lambda conn: load_all(conn, marked)).result()[1].appeared
    assert "$MDNSent" in metadata.flags
    assert list(check_store(store)) == []
