"""What a list changes is counted, the first of each kind named."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.domain_table import build_domain_table
from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.trust.list_changes import NO_CHANGES, count_changes
from mssmail.trust.whitelist import diff_white_lists

NOW = datetime(2026, 6, 1, tzinfo=UTC)
A, B = (parse_listed_name(f"CN={letter}.test,C=FR") for letter in "ab")
SETS = st.sampled_from([frozenset({A}), frozenset({B}), frozenset({A, B})])
DOMAINS = st.dictionaries(st.text("abz.", min_size=1, max_size=3), SETS, max_size=12)


def build(domains: dict[str, frozenset[object]], *, is_table: bool) -> WhiteList:
    listed = build_domain_table(domains.items()) if is_table else domains  # type: ignore[arg-type]
    return WhiteList(NOW, "CN=s", "00", listed, len(domains))  # type: ignore[arg-type]


@given(DOMAINS, DOMAINS, st.booleans(), st.booleans())
def test_counts_what_the_whole_difference_names(
    old: dict[str, frozenset[object]], new: dict[str, frozenset[object]], old_table: bool, new_table: bool
) -> None:
    before, after = build(old, is_table=old_table), build(new, is_table=new_table)
    whole, counted = diff_white_lists(before, after), count_changes(before, after, 99)
    assert counted.first_added == whole.added
    assert counted.first_removed == whole.removed
    assert counted.first_changed == whole.changed
    assert (counted.added, counted.removed) == (len(whole.added), len(whole.removed))
    assert (counted.changed, counted.loss_percent) == (len(whole.changed), whole.loss_percent)
    few = count_changes(before, after, 1)
    assert (few.added, len(few.first_added)) == (counted.added, min(1, counted.added))
    assert (few.changed, len(few.first_changed)) == (counted.changed, min(1, counted.changed))


def test_from_nothing_everything_is_added() -> None:
    one = build({"a.test": frozenset({A})}, is_table=True)
    assert count_changes(None, one, 9).first_added == ("a.test",)
    assert count_changes(one, one, 9) == NO_CHANGES
