"""What deleted mailboxes held is removed behind the commits."""

import asyncio

import pytest
from sqlalchemy import func, select

from mssmail.flows.removals import Removals
from mssmail.store.engine import Store, open_store
from mssmail.store.fsck import check_store
from mssmail.store.mailboxes import create_mailbox, delete_mailbox
from mssmail.store.removals import find_deleted, remove_some
from mssmail.store.schema import messages
from tests.support.store import NOW, add_account, build_message, deliver_to


def _delete_some(store: Store) -> None:
    anne = add_account(store)
    for name in ("one", "two"):
        store.submit(lambda conn, name=name: create_mailbox(conn, anne.id, name, "", NOW)).result()  # type: ignore[misc]
        for number in range(5):
            deliver_to(store, anne, build_message(f"{name} {number}"), name)
        store.submit(lambda conn, name=name: delete_mailbox(conn, anne.id, name)).result()  # type: ignore[misc]


def _count_messages(store: Store) -> int:
    return store.read(lambda conn: conn.execute(select(func.count()).select_from(messages)).scalar_one()).result()


async def test_all_that_is_deleted_goes_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _delete_some(store)
    steps: list[int] = []

    def remove_one(conn: object, mailbox_id: int) -> bool:
        steps.append(mailbox_id)
        return remove_some(conn, mailbox_id, 2)  # type: ignore[arg-type]

    monkeypatch.setattr("mssmail.flows.removals.remove_some", remove_one)
    await Removals(store).remove_all()
    assert len(steps) == 8  # of each 2 + 2 + 1 messages, and the mailbox
    assert _count_messages(store) == 0
    assert check_store(store) == []


async def test_a_server_removes_what_one_before_it_left(store: Store) -> None:
    _delete_some(store)
    left = store.read(find_deleted).result()
    assert left is not None
    store.submit(lambda conn: remove_some(conn, left, 3)).result()
    store.close()
    again = open_store(store.directory)
    removals = Removals(again)
    await removals.start()
    async with asyncio.timeout(60):
        while await asyncio.wrap_future(again.read(find_deleted)) is not None:
            pass
    await removals.stop()
    assert _count_messages(again) == 0
    again.close()
