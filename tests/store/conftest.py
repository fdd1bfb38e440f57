"""What many tests of the store want."""

import pytest

from mssmail.core.account import Account
from mssmail.store.engine import Store
from mssmail.store.mailboxes import find_mailbox
from tests.support.store import add_account, build_message, deliver_to


@pytest.fixture
def anne(store: Store) -> Account:
    """An account with nothing in it."""
    return add_account(store)


@pytest.fixture
def inbox(store: Store, anne: Account) -> int:
    """Her INBOX with messages 1 to 5."""
    for number in range(5):
        deliver_to(store, anne, build_message(f"message {number}"))
    return store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
