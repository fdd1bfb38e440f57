"""Tests of the white list as a value."""

from datetime import UTC, datetime

import pytest

from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList

AT = datetime(2026, 6, 1, tzinfo=UTC)
FIVE = [parse_listed_name(f"CN=mss{number}.fr,O=A,C=FR") for number in range(5)]
OTHER = parse_listed_name("CN=mss5.fr,O=A,C=FR")
LIST = WhiteList(AT, "CN=alb", "00", {"ch-a.test": frozenset(FIVE), "ch-b.test": frozenset(FIVE[:1])}, 6)


def test_each_name_listed_for_a_domain_speaks_for_it_and_a_sixth_does_not() -> None:
    assert all(LIST.may_speak(name, "ch-a.test") for name in FIVE)
    assert not LIST.may_speak(OTHER, "ch-a.test")


def test_a_name_listed_for_one_domain_does_not_speak_for_another() -> None:
    assert not LIST.may_speak(FIVE[1], "ch-b.test")


@pytest.mark.parametrize("domain", ["x.ch-a.test", "test", "a.test", "xch-a.test", ""])
def test_neither_sub_domains_nor_parents_are_listed(domain: str) -> None:
    assert not LIST.has_domain(domain)
    assert not LIST.may_speak(FIVE[0], domain)


def test_the_same_common_name_of_another_organisation_is_another_name() -> None:
    assert not LIST.may_speak(parse_listed_name("CN=mss0.fr,O=B,C=FR"), "ch-a.test")


def test_knows_every_name_and_where_it_speaks() -> None:
    assert LIST.has_name(FIVE[4])
    assert not LIST.has_name(OTHER)
    assert LIST.find_domains(FIVE[0]) == {"ch-a.test", "ch-b.test"}


def test_no_name_speaks_for_nothing() -> None:
    assert not LIST.has_name(None)
    assert not LIST.may_speak(None, "ch-a.test")


def test_is_generated_at_a_moment_with_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        WhiteList(datetime(2026, 6, 1), "", "", {}, 0)  # noqa: DTZ001


def test_lists_with_the_same_content_are_equal() -> None:
    assert WhiteList(AT, "CN=alb", "00", dict(LIST.domains), 6) == LIST
