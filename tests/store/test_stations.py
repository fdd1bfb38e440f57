import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.station import Station
from mssmail.store import accounts
from mssmail.store.aliases import add_targets
from mssmail.store.engine import Store
from mssmail.store.forwards import set_forward
from mssmail.store.stations import find_station, strip_detail
from tests.support.store import NOW, add_account

ANNE, FAR = parse_address("anne@a.test"), parse_address("f@far.test")


def _find(store: Store, text: str, separator: str = "+") -> Station | None:
    return store.read(lambda conn: find_station(conn, parse_address(text), separator)).result()


def test_the_very_address_comes_before_the_one_without_its_detail(store: Store) -> None:
    anne = add_account(store)
    assert _find(store, "ANNE@a.test") == Station(ANNE, anne.id)
    assert _find(store, "anne+labo@a.test") == Station(ANNE, anne.id)
    assert _find(store, "anne+labo@a.test", "") is None
    assert _find(store, "anne-labo@a.test", "-") == Station(ANNE, anne.id)
    own = add_account(store, "anne+labo@a.test")
    assert _find(store, "anne+labo@a.test") == Station(parse_address("anne+labo@a.test"), own.id)
    assert _find(store, "ben@a.test") is None


def test_a_station_tells_quota_and_where_mail_goes_on_to(store: Store) -> None:
    anne = add_account(store, quota_bytes=1_000)
    store.submit(lambda conn: set_forward(conn, ANNE, (FAR,), NOW, keeps=False)).result()
    assert _find(store, "anne@a.test") == Station(ANNE, anne.id, has_quota=True, targets=(FAR,), keeps=False)
    store.submit(lambda conn: add_targets(conn, parse_address("team@a.test"), (ANNE, FAR), NOW)).result()
    team = parse_address("team@a.test")
    assert _find(store, "team@a.test") == Station(team, targets=(ANNE, FAR))
    assert _find(store, "team+x@a.test") == Station(team, targets=(ANNE, FAR))


def test_a_suspended_account_is_no_station(store: Store) -> None:
    add_account(store)
    store.submit(lambda conn: accounts.suspend(conn, ANNE)).result()
    assert _find(store, "anne@a.test") is None


@pytest.mark.parametrize(
    ("text", "separator", "plain"),
    [
        ("anne+x@a.test", "+", "anne@a.test"),
        ("anne+x+y@a.test", "+", "anne@a.test"),
        ("anne+@a.test", "+", "anne@a.test"),
        ("anne--x@a.test", "--", "anne@a.test"),
        ("+x@a.test", "+", None),
        ("anne@a.test", "+", None),
        ("anne+x@a.test", "", None),
    ],
)
def test_a_detail_stands_behind_the_first_separator(text: str, separator: str, plain: str | None) -> None:
    expected: Address | None = parse_address(plain) if plain else None
    assert strip_detail(parse_address(text), separator) == expected
