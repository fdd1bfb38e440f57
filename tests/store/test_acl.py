"""Entries of one mailbox beside those of the whole box."""

import pytest

from mssmail.core.account import Account
from mssmail.core.address import parse_address
from mssmail.core.rights import LETTERS
from mssmail.errors import BadAccount
from mssmail.store.acl import is_owner, list_acl, set_rights
from mssmail.store.delegations import grant
from mssmail.store.engine import Store
from tests.support.store import NOW, add_account


@pytest.fixture
def anne(store: Store) -> Account:
    add_account(store, "ben@a.test")
    return add_account(store, "anne@a.test")


def _set(store: Store, anne: Account, action: str, letters: str, mailbox: str = "Sent") -> str:
    return store.submit(lambda conn: set_rights(conn, anne, mailbox, "ben@a.test", action, letters, NOW)).result()


def _list(store: Store, anne: Account, mailbox: str = "Sent") -> dict[str, str]:
    return {str(address): rights for address, rights in store.read(lambda conn: list_acl(conn, anne, mailbox)).result()}


def test_rights_are_added_taken_and_set(store: Store, anne: Account) -> None:
    assert _list(store, anne) == {"anne@a.test": LETTERS}
    assert _set(store, anne, "+", "rl") == "lr"
    assert _set(store, anne, "+", "st") == "lrst"
    assert _set(store, anne, "-", "tx") == "lrs"
    assert _list(store, anne) == {"anne@a.test": LETTERS, "ben@a.test": "lrs"}
    assert _set(store, anne, "", "l") == "l"
    assert _set(store, anne, "", "") == ""
    assert _list(store, anne) == {"anne@a.test": LETTERS}


def test_an_empty_entry_shuts_out_whom_the_box_lets_in(store: Store, anne: Account) -> None:
    ben = "ben@a.test"
    store.submit(lambda conn: grant(conn, anne.address, parse_address(ben), "lr0", NOW)).result()
    assert _list(store, anne)[ben] == "lr0"
    assert _set(store, anne, "", "") == ""
    assert ben not in _list(store, anne)
    assert _list(store, anne, "Drafts")[ben] == "lr0"
    assert _set(store, anne, "+", "l") == "l"
    assert _list(store, anne)[ben] == "l"


def test_an_owner_is_known_however_the_address_is_written(store: Store, anne: Account) -> None:
    assert store.read(lambda conn: is_owner(conn, anne, "inbox", "ANNE@A.test")).result()
    assert not store.read(lambda conn: is_owner(conn, anne, "INBOX", "ben@a.test")).result()
    with pytest.raises(BadAccount):
        store.read(lambda conn: is_owner(conn, anne, "INBOX", "anyone")).result()
