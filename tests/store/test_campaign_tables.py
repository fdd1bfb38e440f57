"""The ledger has one line for a recipient, whatever is written."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from mssmail.core.address import parse_address
from mssmail.errors import StoreFault
from mssmail.store.campaign_tables import campaigns
from mssmail.store.campaigns import open_campaign
from mssmail.store.engine import Store
from tests.support.store import NOW


def test_an_account_has_one_campaign_of_a_name(store: Store) -> None:
    anne = parse_address("anne@a.test")
    store.submit(lambda conn: open_campaign(conn, anne, "rappel", NOW)).result()
    twice = insert(campaigns).values(account="anne@a.test", name="rappel", created_at=NOW)
    with pytest.raises((StoreFault, IntegrityError)):
        store.submit(lambda conn: conn.execute(twice)).result()
