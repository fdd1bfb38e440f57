import asyncio
from collections.abc import Callable

from sqlalchemy import Connection

from mssmail.flows.boxes import REMEMBER_SECONDS, Boxes
from mssmail.flows.distribution import Distributor
from mssmail.settings import Settings
from mssmail.store.accounts import NewAccount, create_account, remove, set_quota, suspend
from mssmail.store.engine import Store
from tests.support.operator_room import ALICE
from tests.support.pki import NOW


async def _do(store: Store, act: Callable[[Connection], object]) -> None:
    await asyncio.wrap_future(store.submit(act))


async def test_an_account_is_remembered_for_a_moment_and_looked_up_again_after_it(store: Store) -> None:
    seconds = [100.0]
    boxes = Boxes(store, Distributor(Settings()), lambda: seconds[0])
    await _do(store, lambda conn: create_account(conn, NewAccount(ALICE, NOW)))
    found, is_full = await boxes.find_box(ALICE, 1)
    assert found is not None
    assert not is_full
    await _do(store, lambda conn: remove(conn, ALICE))
    seconds[0] += REMEMBER_SECONDS / 2
    assert await boxes.find_box(ALICE, 1) == (found, False)
    seconds[0] += REMEMBER_SECONDS
    assert await boxes.find_box(ALICE, 1) == (None, False)


async def test_who_is_not_there_or_is_suspended_is_asked_for_every_time(store: Store) -> None:
    boxes = Boxes(store, Distributor(Settings()), lambda: 0.0)
    assert await boxes.find_box(ALICE, 1) == (None, False)
    await _do(store, lambda conn: create_account(conn, NewAccount(ALICE, NOW)))
    await _do(store, lambda conn: suspend(conn, ALICE))
    found, _ = await boxes.find_box(ALICE, 1)
    assert found is not None
    assert found.suspended
    await _do(store, lambda conn: suspend(conn, ALICE, suspended=False))
    found, _ = await boxes.find_box(ALICE, 1)
    assert found is not None
    assert not found.suspended


async def test_a_quota_is_measured_every_time(store: Store) -> None:
    boxes = Boxes(store, Distributor(Settings()), lambda: 0.0)
    await _do(store, lambda conn: create_account(conn, NewAccount(ALICE, NOW)))
    await _do(store, lambda conn: set_quota(conn, ALICE, 100))
    assert (await boxes.find_box(ALICE, 100))[1] is False
    assert (await boxes.find_box(ALICE, 101))[1] is True
