import pytest

from mssmail.core.address import parse_address
from mssmail.core.station import MAX_ENDS
from mssmail.errors import AccountExists, BadAccount, NoSuchAccount
from mssmail.store.aliases import Alias, add_targets, find_alias, list_aliases, remove_alias
from mssmail.store.engine import Store
from tests.support.store import NOW, add_account

TEAM, ALL, ANNE, FAR = (parse_address(text) for text in ("Team@a.test", "all@a.test", "anne@a.test", "f@far.test"))


def _add(store: Store, address: object, *targets: object) -> Alias:
    return store.submit(lambda conn: add_targets(conn, address, targets, NOW)).result()  # type: ignore[arg-type]


def _find(store: Store, address: object = TEAM) -> Alias | None:
    return store.read(lambda conn: find_alias(conn, address)).result()  # type: ignore[arg-type]


def test_targets_are_added_once_and_taken_away_one_by_one(store: Store) -> None:
    assert _add(store, TEAM, ANNE) == Alias(TEAM, (ANNE,))
    _add(store, parse_address("TEAM@a.test"), FAR, parse_address("ANNE@a.test"))
    assert _find(store) == Alias(TEAM, (ANNE, FAR))
    store.submit(lambda conn: remove_alias(conn, TEAM, (ANNE,))).result()
    assert _find(store) == Alias(TEAM, (FAR,))
    store.submit(lambda conn: remove_alias(conn, TEAM, (FAR,))).result()
    assert _find(store) is None
    _add(store, TEAM, ANNE, FAR)
    store.submit(lambda conn: remove_alias(conn, TEAM)).result()
    assert _find(store) is None


def test_aliases_are_found_by_domain_and_by_where_they_lead(store: Store) -> None:
    _add(store, TEAM, ANNE)
    _add(store, ALL, TEAM, FAR)
    _add(store, parse_address("x@b.test"), ANNE)
    assert [str(each.address) for each in store.read(list_aliases).result()] == [
        "all@a.test",
        "Team@a.test",
        "x@b.test",
    ]
    of_domain = store.read(lambda conn: list_aliases(conn, domain="b.test")).result()
    assert [str(each.address) for each in of_domain] == ["x@b.test"]
    to_anne = store.read(lambda conn: list_aliases(conn, target=ANNE)).result()
    assert [str(each.address) for each in to_anne] == ["Team@a.test", "x@b.test"]


def test_circles_are_refused_and_leave_nothing_behind(store: Store) -> None:
    with pytest.raises(BadAccount, match="lead to itself"):
        _add(store, TEAM, TEAM)
    _add(store, TEAM, ALL)
    _add(store, ALL, parse_address("third@a.test"))
    with pytest.raises(BadAccount, match="lead to itself"):
        _add(store, parse_address("third@a.test"), TEAM)
    assert _find(store, parse_address("third@a.test")) is None


def test_an_address_is_an_account_or_an_alias(store: Store) -> None:
    add_account(store, "anne@a.test")
    with pytest.raises(AccountExists):
        _add(store, ANNE, FAR)
    _add(store, TEAM, FAR)
    with pytest.raises(AccountExists, match="alias"):
        add_account(store, "team@a.test")


def test_refuses_aliases_that_are_too_much_together(store: Store) -> None:
    for name in "ab":
        _add(store, parse_address(f"{name}@a.test"), *(parse_address(f"{name}{at}@far.test") for at in range(501)))
    with pytest.raises(BadAccount, match="leads to at most"):
        _add(store, TEAM, parse_address("a@a.test"), parse_address("b@a.test"))
    assert _find(store) is None


def test_refuses_what_is_too_much_or_not_there(store: Store) -> None:
    with pytest.raises(BadAccount, match="list"):
        _add(store, TEAM, *(parse_address(f"n{at}@a.test") for at in range(MAX_ENDS + 1)))
    with pytest.raises(NoSuchAccount):
        store.submit(lambda conn: remove_alias(conn, TEAM)).result()
    _add(store, TEAM, FAR)
    with pytest.raises(NoSuchAccount):
        store.submit(lambda conn: remove_alias(conn, TEAM, (ANNE,))).result()
