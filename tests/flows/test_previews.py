"""Previews are made and kept; what cannot be kept is told all the same."""

import logging

import pytest
from sqlalchemy import func, select

from mssmail.flows.previews import Previews
from mssmail.store.engine import Connection, Store
from mssmail.store.schema import previews
from tests.support.store import add_account, build_message, deliver_to


def _count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(previews)).scalar_one()


async def test_what_was_made_is_kept(store: Store) -> None:
    anne, kept = add_account(store), Previews(store)
    ids = [deliver_to(store, anne, build_message(f"{number}")).message_id for number in range(3)]
    assert set(await kept.make(ids[:2])) == set(ids[:2])
    assert set(await kept.make(ids[2:])) == set(ids[2:])
    assert store.read(_count).result() == 3


async def test_a_store_that_cannot_write_is_no_reason_not_to_read(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    message_id = deliver_to(store, add_account(store), build_message("one")).message_id
    store.submit(previews.drop).result()
    kept = Previews(store)
    with caplog.at_level(logging.WARNING):
        assert list(await kept.make([message_id])) == [message_id]
        assert "could not be kept" in caplog.text
