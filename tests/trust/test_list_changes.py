"""What a list changes is counted, the first of each kind named."""

from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.domain_table import build_domain_table
from mssmail.core.names import DistinguishedName, parse_listed_name
from mssmail.trust.list_changes import NO_CHANGES, NameChange, count_changes

A, B, C = (parse_listed_name(f"CN={letter}.test,C=FR") for letter in "abc")
Domains = dict[str, frozenset[DistinguishedName]]
DOMAINS = st.dictionaries(
    st.text("abz.", min_size=1, max_size=3), st.frozensets(st.sampled_from([A, B, C])), max_size=12
)


@given(DOMAINS, DOMAINS)
def test_counts_and_names_what_differs(old: Domains, new: Domains) -> None:
    before, after = build_domain_table(old.items()), build_domain_table(new.items())
    added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    both = sorted(domain for domain in old.keys() & new.keys() if old[domain] != new[domain])
    counted = count_changes(before, after, 99)
    assert counted.first_added == tuple(added)
    assert counted.first_removed == tuple(removed)
    assert counted.first_changed == tuple(NameChange(d, new[d] - old[d], old[d] - new[d]) for d in both)
    assert (counted.added, counted.removed, counted.changed) == (len(added), len(removed), len(both))
    assert counted.loss_percent == (100 * len(removed) / len(old) if old else 0)
    few = count_changes(before, after, 1)
    assert (few.added, few.first_added) == (counted.added, counted.first_added[:1])
    assert (few.changed, few.first_changed) == (counted.changed, counted.first_changed[:1])


def test_from_nothing_everything_is_added() -> None:
    one = build_domain_table([("a.test", frozenset({A}))])
    assert count_changes(None, one, 9).first_added == ("a.test",)
    assert count_changes(one, one, 9) == NO_CHANGES
