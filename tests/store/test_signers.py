from datetime import timedelta

from mssmail.core.account import Account
from mssmail.store.engine import Store
from mssmail.store.rows import expunge
from mssmail.store.signers import REVOKED, News, add_news, find_affected, keep_signer, list_news, list_signers
from tests.support.store import NOW, build_message, deliver_to

SERIAL = 2**159 + 7


def deliver_signed(store: Store, account: Account, text: str, *flags: str, serial: int = SERIAL) -> int:
    message_id = deliver_to(store, account, build_message(text), "INBOX", *flags).message_id
    store.submit(lambda conn: keep_signer(conn, message_id, "ca", serial)).result()
    return message_id


def test_messages_of_a_signer_are_found_from_a_moment_on(store: Store, anne: Account) -> None:
    first, second = deliver_signed(store, anne, "one"), deliver_signed(store, anne, "two")
    deliver_signed(store, anne, "other", serial=5)
    assert sorted(store.read(list_signers).result()) == [("ca", 5), ("ca", SERIAL)]
    since = NOW - timedelta(days=1)
    found = store.read(lambda conn: find_affected(conn, "ca", SERIAL, since, 10)).result()
    assert [each.message_id for each in found] == [first, second]
    assert len(store.read(lambda conn: find_affected(conn, "ca", SERIAL, since, 1)).result()) == 1
    assert not store.read(lambda conn: find_affected(conn, "ca", SERIAL, NOW + timedelta(seconds=1), 10)).result()
    assert not store.read(lambda conn: find_affected(conn, "another ca", SERIAL, since, 10)).result()


def test_what_was_told_once_is_not_found_again(store: Store, anne: Account) -> None:
    message_id = deliver_signed(store, anne, "one")
    news = News(NOW, REVOKED, {"reason": "keyCompromise"})
    store.submit(lambda conn: add_news(conn, message_id, news)).result()
    assert store.read(lambda conn: list_news(conn, message_id)).result() == [news]
    assert not store.read(lambda conn: find_affected(conn, "ca", SERIAL, NOW, 10)).result()


def test_it_goes_with_its_message(store: Store, anne: Account) -> None:
    message_id = deliver_signed(store, anne, "one", "\\Deleted")
    store.submit(lambda conn: add_news(conn, message_id, News(NOW, REVOKED, {}))).result()
    store.submit(lambda conn: expunge(conn, 1, None, 10)).result()
    assert store.read(list_signers).result() == []
    assert store.read(lambda conn: list_news(conn, message_id)).result() == []
