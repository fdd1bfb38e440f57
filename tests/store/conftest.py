"""What many tests of the store want."""

import pytest

from mssmail.core.account import Account
from mssmail.store.engine import Store
from tests.support.store import add_account


@pytest.fixture
def anne(store: Store) -> Account:
    """An account with nothing in it."""
    return add_account(store)
