"""A table of domains answers as the dictionary it was made of."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.domain_table import DomainTable, TableBuilder, build_domain_table
from mssmail.core.names import DistinguishedName, parse_listed_name

A, B, C = (parse_listed_name(f"CN={letter}.test,C=FR") for letter in "abc")
Domains = dict[str, frozenset[DistinguishedName]]
SETS = st.frozensets(st.sampled_from([A, B, C]))
DOMAINS = st.dictionaries(st.text("abz-.é", min_size=0, max_size=6), SETS, max_size=12)


@given(DOMAINS, st.text("abz-.é", max_size=6))
def test_answers_as_the_dictionary_it_was_made_of(domains: Domains, other: str) -> None:
    table = build_domain_table(domains.items())
    assert dict(table) == domains
    assert table == domains
    assert len(table) == len(domains)
    assert list(table) == sorted(domains, key=str.encode)
    assert table.get(other) == domains.get(other)
    assert (other in table) is (other in domains)
    used = frozenset[DistinguishedName]().union(*domains.values())
    assert table.name_count == len(used)
    for name in (A, B, C):
        assert table.has_name(name) is (name in used)
        assert table.find_domains(name) == {domain for domain, names in domains.items() if name in names}
        for domain in {*domains, other}:
            assert table.may_speak(name, domain) is (name in domains.get(domain, ()))


@given(DOMAINS, DOMAINS)
def test_the_order_of_making_does_not_matter_and_a_block_is_a_table_again(domains: Domains, others: Domains) -> None:
    table = build_domain_table(domains.items())
    assert build_domain_table(reversed(domains.items())) == table
    assert DomainTable(bytes(table.block)) == table
    assert (build_domain_table(others.items()) == table) is (others == domains)


def test_a_domain_that_is_not_there_is_said_so() -> None:
    with pytest.raises(KeyError):
        build_domain_table([("a.test", frozenset({A}))])["b.test"]
    with pytest.raises(KeyError):
        build_domain_table([])["a.test"]
    nothing: object = 7
    assert nothing not in build_domain_table([])


def test_names_are_added_to_those_a_domain_has() -> None:
    builder = TableBuilder()
    assert not builder
    for name in (A, B, A):
        builder.list_domain("a.test", [builder.add_name(name)])
    assert builder
    assert builder.build() == {"a.test": {A, B}}


def test_many_names_of_one_domain_cost_no_more_than_of_many() -> None:
    builder = TableBuilder()
    for number in range(3_000):
        builder.list_domain("a.test", [builder.add_name(parse_listed_name(f"CN=n{number}"))])
    table = builder.build()
    assert len(table["a.test"]) == table.name_count == 3_000
    assert table.may_speak(parse_listed_name("CN=n2999"), "a.test")


def _build(counts: tuple[int, ...], numbers: tuple[int, ...], text: bytes) -> bytes:
    return array("I", (*counts, *numbers)).tobytes() + text


# One domain "a" with one set of one name "n": ends 1, choice 0, set end 1, member 0, name end 1.
GOOD = ((1, 1, 1, 1, 1, 1), (1, 0, 1, 0, 1), b"an")


@pytest.mark.parametrize(
    ("counts", "numbers", "text"),
    [
        ((), (), b"ab"),
        (GOOD[0], GOOD[1], b"a"),
        (GOOD[0], GOOD[1], b"anx"),
        ((1, 1, 1, 1, 2, 0), GOOD[1], b"an"),
        ((1, 1, 1, 1, 0, 2), GOOD[1], b"an"),
        (GOOD[0], (2, 0, 1, 0, 1), b"an"),
        (GOOD[0], (1, 1, 1, 0, 1), b"an"),
        (GOOD[0], (1, 0, 0, 0, 1), b"an"),
        (GOOD[0], (1, 0, 1, 1, 1), b"an"),
        (GOOD[0], (1, 0, 1, 0, 0), b"an"),
        ((0, 0, 0, 0, 1, 0), (), b"a"),
    ],
)
def test_parts_that_do_not_fit_are_no_table(counts: tuple[int, ...], numbers: tuple[int, ...], text: bytes) -> None:
    assert list(DomainTable(_build(*GOOD))) == ["a"]
    with pytest.raises(ValueError, match="domain table"):
        DomainTable(_build(counts, numbers, text))


@given(st.binary(max_size=120))
def test_any_other_octets_are_no_table(octets: bytes) -> None:
    try:
        table = DomainTable(octets)
    except ValueError:
        return
    assert bytes(table.block) == octets
