from datetime import timedelta

from sqlalchemy import func, select

from mssmail.core.address import Address, parse_address
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.core.return_path import Purpose, Token, encode_return_path
from mssmail.store.engine import Store
from mssmail.store.return_paths import (
    REPORTS_EACH,
    KeptReturnPath,
    Original,
    create_return_path,
    find_return_path,
    find_token,
    note_report,
)
from mssmail.store.schema import return_paths
from mssmail.store.secrets import RETURN_PATHS, find_secret
from tests.support.store import NOW

ORIGINAL = Original(
    parse_address("alice@far.test"),
    parse_address("team@a.test"),
    "trace",
    MailParameters("HDRS", "Env1"),
    RecipientParameters("FAILURE", "rfc822;team@a.test"),
)


def _create(store: Store, days: int = 5, ends: int = 1) -> Address:
    until = NOW + timedelta(days=days)
    return store.submit(lambda conn: create_return_path(conn, ORIGINAL, "a.test", ends, NOW, until)).result()


def _find(store: Store, address: Address, days: int = 0) -> KeptReturnPath | None:
    return store.read(lambda conn: find_return_path(conn, address, NOW + timedelta(days=days))).result()


def test_what_a_message_came_with_is_found_again_until_it_expires(store: Store) -> None:
    assert _find(store, parse_address("fwd-1-aaaaaaaaaaaaaaaa@a.test")) is None  # no key was ever needed
    address = _create(store)
    found = _find(store, address)
    assert found is not None
    assert found.original == ORIGINAL
    assert _find(store, Address(address.local.upper(), "a.test")) == found
    assert _find(store, address, days=5) is None
    assert _find(store, parse_address("fwd-1-aaaaaaaaaaaaaaaa@a.test")) is None
    assert _find(store, parse_address("alice@a.test")) is None


def test_an_address_of_another_purpose_stands_for_no_original(store: Store) -> None:
    _create(store)
    key = store.read(lambda conn: find_secret(conn, RETURN_PATHS)).result()
    assert key is not None
    other = encode_return_path(Token(Purpose.LIST, 1), "a.test", key)
    assert store.read(lambda conn: find_token(conn, other)).result() == Token(Purpose.LIST, 1)
    assert _find(store, other) is None


def test_the_same_report_counts_once_and_no_more_are_taken_than_there_can_be(store: Store) -> None:
    address = _create(store, ends=2)
    kept = _find(store, address)
    assert kept is not None

    def note(data: bytes) -> bool:
        return store.submit(lambda conn: note_report(conn, kept.id, data)).result()

    assert note(b"0")
    assert not note(b"0")
    assert all(note(b"%d" % number) for number in range(1, 2 * REPORTS_EACH))
    assert not note(b"another")
    assert _find(store, address) is None


def test_new_rows_take_expired_ones_with_them(store: Store) -> None:
    kept = _find(store, _create(store))
    assert kept is not None
    store.submit(lambda conn: note_report(conn, kept.id, b"x")).result()
    later = NOW + timedelta(days=6)
    store.submit(lambda conn: create_return_path(conn, ORIGINAL, "a.test", 1, later, later + timedelta(1))).result()
    count = store.read(lambda conn: conn.execute(select(func.count()).select_from(return_paths)).scalar()).result()
    assert count == 1
