import pytest

from mssmail.core.address import Address, parse_address
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.store import accounts
from mssmail.store.engine import Store
from mssmail.store.forwards import MAX_TARGETS, Forward, clear_forward, find_forward, list_forwards, set_forward
from tests.support.store import NOW, add_account

ANNE, FAR = parse_address("anne@a.test"), parse_address("f@far.test")


def _set(store: Store, *targets: Address, address: Address = ANNE, keeps: bool = True) -> None:
    store.submit(lambda conn: set_forward(conn, address, targets, NOW, keeps=keeps)).result()


def test_forwarding_is_set_replaced_and_cleared(store: Store) -> None:
    add_account(store)
    _set(store, FAR, parse_address("F@far.test"))
    found = store.read(lambda conn: find_forward(conn, ANNE)).result()
    assert found == Forward(ANNE, (parse_address("F@far.test"),), keeps=True)  # two spellings are one address
    _set(store, FAR, parse_address("g@far.test"), keeps=False)
    [changed] = store.read(list_forwards).result()
    assert changed == Forward(ANNE, (FAR, parse_address("g@far.test")), keeps=False)
    assert store.submit(lambda conn: clear_forward(conn, ANNE)).result()
    assert not store.submit(lambda conn: clear_forward(conn, ANNE)).result()
    assert store.read(list_forwards).result() == []


def test_it_goes_with_the_account(store: Store) -> None:
    add_account(store)
    _set(store, FAR)
    store.submit(lambda conn: accounts.remove(conn, ANNE)).result()
    assert store.read(list_forwards).result() == []


@pytest.mark.parametrize(
    "targets",
    [(), (ANNE,), (Address("a b", "far.test"),), tuple(Address(f"n{at}", "far.test") for at in range(MAX_TARGETS + 1))],
    ids=len,
)
def test_refuses_what_cannot_be(store: Store, targets: tuple[Address, ...]) -> None:
    add_account(store)
    with pytest.raises(BadAccount):
        _set(store, *targets)
    with pytest.raises(NoSuchAccount):
        _set(store, FAR, address=FAR)
