"""Writes that ring."""

import pytest

from mssmail.core.account import Account
from mssmail.errors import NoSuchMailbox
from mssmail.flows.bell import Bells
from mssmail.flows.herald import Rung
from mssmail.flows.ringing import Ringing
from mssmail.store import places
from mssmail.store.delegations import grant, revoke
from mssmail.store.engine import Connection, Store
from tests.support.store import NOW, add_account


@pytest.fixture
def anne(store: Store) -> Account:
    return add_account(store, "anne@a.test")


async def test_a_ring_follows_what_is_on_disk(store: Store, anne: Account) -> None:
    bells = Bells()
    herald, ringing = bells.follow(anne.id), Ringing(store, bells)
    herald.follow([5])
    assert await ringing.submit(lambda _: "done", lambda done: (5, len(done))) == "done"
    assert herald.take() == Rung(frozenset({5}))
    assert await ringing.write_own_names(anne, lambda _: 3) == 3
    assert herald.take() == Rung(has_names=True)


async def test_names_ring_for_all_who_saw_or_see_them(store: Store, anne: Account) -> None:
    bells = Bells()
    bob, eve = add_account(store, "bob@a.test"), add_account(store, "eve@a.test")
    ringing = Ringing(store, bells)
    heralds = [bells.follow(account.id) for account in (anne, bob, eve)]

    def give(conn: Connection) -> tuple[None, tuple[int, ...]]:
        grant(conn, anne.address, bob.address, "lr", NOW)
        return None, ()

    await ringing.write_names(anne, "x", give)
    assert [herald.take().has_names for herald in heralds] == [True, True, False]
    await ringing.write_names(anne, "x", lambda conn: (revoke(conn, anne.address, bob.address), (1, 2)))
    assert [herald.take() for herald in heralds[:2]] == [Rung(has_names=True, origins={2: 1})] * 2
    await ringing.write_names(anne, "x", lambda conn: (places.create_mailbox(conn, anne, "x", "", NOW), ()))
    assert [herald.take().has_names for herald in heralds] == [True, False, False]


async def test_what_fails_rings_nobody(store: Store, anne: Account) -> None:
    bells = Bells()
    herald, ringing = bells.follow(anne.id), Ringing(store, bells)

    def fail(_: Connection) -> tuple[None, tuple[int, ...]]:
        raise NoSuchMailbox

    for name in ("x", "Other Users/nobody@a.test"):
        with pytest.raises(NoSuchMailbox):
            await ringing.write_names(anne, name, fail)
    assert herald.take() == Rung()
