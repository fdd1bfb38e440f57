"""A table of domains answers as the dictionary it was made of."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.domain_table import DomainTable, build_domain_table
from mssmail.core.names import parse_listed_name

A, B = (parse_listed_name(f"CN={letter}.test,C=FR") for letter in "ab")
SETS = st.sampled_from([frozenset({A}), frozenset({B}), frozenset({A, B}), frozenset()])
DOMAINS = st.dictionaries(st.text("abz-.é", min_size=0, max_size=6), SETS, max_size=12)


@given(DOMAINS, st.text("abz-.é", max_size=6))
def test_answers_as_the_dictionary_it_was_made_of(domains: dict[str, frozenset[object]], other: str) -> None:
    table = build_domain_table(domains.items())  # type: ignore[arg-type]
    assert dict(table) == domains
    assert len(table) == len(domains)
    assert list(table) == sorted(domains, key=str.encode)
    assert table.get(other) == domains.get(other)
    assert (other in table) is (other in domains)
    assert len(table.sets) <= 4


def test_a_domain_that_is_not_there_is_said_so() -> None:
    with pytest.raises(KeyError):
        build_domain_table([("a.test", frozenset({A}))])["b.test"]
    with pytest.raises(KeyError):
        build_domain_table([])["a.test"]


@pytest.mark.parametrize(
    ("text", "ends", "choices", "sets"),
    [(b"ab", [1], [0], 1), (b"ab", [2], [0, 0], 1), (b"ab", [2], [1], 1), (b"a", [], [], 0)],
)
def test_parts_that_do_not_fit_are_no_table(text: bytes, ends: list[int], choices: list[int], sets: int) -> None:
    with pytest.raises(ValueError, match="table"):
        DomainTable(text, array("I", ends), array("I", choices), (frozenset({A}),) * sets)
