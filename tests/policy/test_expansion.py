"""Where addresses lead: stations → ends."""

from collections.abc import Collection

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.report import Action
from mssmail.core.station import MAX_ENDS, Station
from mssmail.policy.expansion import expand, find_fate


def _address(name: str) -> Address:
    return parse_address(name if "@" in name else f"{name}@a.test")


def _box(name: str, *targets: str, keeps: bool = True) -> Station:
    return Station(_address(name), len(name), targets=tuple(map(_address, targets)), keeps=keeps)


def _alias(name: str, *targets: str) -> Station:
    return Station(_address(name), targets=tuple(map(_address, targets)))


STATIONS = {
    station.address.key: station
    for station in (
        _box("anne"),
        _box("ben", "ben@far.test"),
        _box("cleo", "cleo@far.test", keeps=False),
        _box("dora", "anne", keeps=False),
        _box("ping", "pong", keeps=False),
        _box("pong", "ping", keeps=False),
        _alias("all", "anne", "ben", "team", "x@far.test", "anne"),
        _alias("team", "anne", "cleo", "all"),
        _alias("gone", "nobody"),
        _alias("circle", "circle2"),
        _alias("circle2", "circle"),
        _alias("detail", "anne+x", "anne"),
        Station(_address("alerts"), list_id=7),
        _alias("news", "alerts", "anne"),
    )
}


def _find(address: Address) -> Station | None:
    plain = Address(address.local.partition("+")[0], address.domain)
    return STATIONS.get(address.key) or STATIONS.get(plain.key)


def _expand(name: str, passed: Collection[str] = ()) -> list[tuple[str, str]]:
    found = expand(_address(name), _find, lambda domain: domain == "a.test", set(passed))
    return [(str(end.address), " ".join(each.local for each in end.trail)) for end in found.ends]


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("anne", [("anne@a.test", "")]),
        ("ANNE", [("anne@a.test", "")]),
        ("anne+labo", [("anne@a.test", "anne+labo")]),
        ("ben", [("ben@a.test", ""), ("ben@far.test", "ben")]),
        ("ben+x", [("ben@a.test", "ben+x"), ("ben@far.test", "ben ben+x")]),
        ("cleo", [("cleo@far.test", "cleo")]),
        ("dora", [("anne@a.test", "dora")]),
        ("x@far.test", [("x@far.test", "")]),
        (
            "all",
            [
                ("anne@a.test", "all"),
                ("ben@a.test", "all"),
                ("x@far.test", "all"),
                ("ben@far.test", "ben all"),
                ("cleo@far.test", "cleo team all"),
            ],
        ),
        ("nobody", []),
        ("gone", []),
        ("circle", []),
        ("ping", [("ping@a.test", "")]),  # one of the two keeps it
        ("alerts", [("alerts@a.test", "")]),
        ("news", [("alerts@a.test", "news"), ("anne@a.test", "news")]),
        ("detail", [("anne@a.test", "anne+x detail")]),
    ],
)
def test_every_way_has_an_end(name: str, ends: list[tuple[str, str]]) -> None:
    assert _expand(name) == ends


def test_what_leads_nowhere_is_told() -> None:
    found = expand(_address("gone"), _find, lambda _domain: True)
    assert (found.ends, found.dead, found.looped) == ([], [_address("nobody")], False)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("ben", [("ben@a.test", "")]),  # it came by ben already: it does not go out again
        ("cleo", [("cleo@a.test", "")]),  # kept rather than lost
        ("all", []),
        ("anne", [("anne@a.test", "")]),  # a box that sends nothing on may be met twice
    ],
)
def test_a_message_does_not_go_on_twice_from_one_address(name: str, ends: list[tuple[str, str]]) -> None:
    assert _expand(name, {f"{name}@a.test"}) == ends
    found = expand(_address(name), _find, lambda domain: domain == "a.test", {f"{name}@a.test"})
    assert found.looped == (name != "anne")


def test_the_ends_are_bounded() -> None:
    crowd = Station(_address("crowd"), targets=tuple(_address(f"n{at}@far.test") for at in range(MAX_ENDS + 5)))
    found = expand(_address("crowd"), lambda _address: crowd, lambda domain: domain == "a.test")
    assert (len(found.ends), found.overflowed) == (MAX_ENDS, True)


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("anne", Action.DELIVERED),
        ("ben", Action.DELIVERED),  # and what goes on from his box is his own affair
        ("cleo", None),  # one copy goes on, to a server that will tell
        ("dora", Action.DELIVERED),
        ("alerts", Action.DELIVERED),
        ("news", Action.DELIVERED),
        ("all", Action.EXPANDED),
        ("team", Action.EXPANDED),
        ("gone", None),
    ],
)
def test_what_is_told_of_a_recipient_once_they_have_it(name: str, fate: Action | None) -> None:
    found = expand(_address(name), lambda address: STATIONS.get(address.key), lambda domain: domain == "a.test")
    assert find_fate(found.ends) is fate
