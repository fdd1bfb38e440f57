"""Search keys are values: equal when they ask the same."""

from datetime import UTC, datetime, timedelta

from mssmail.core.mailbox import ModSeq
from mssmail.core.search import (
    AgeKey,
    All,
    And,
    Comparison,
    HasFlag,
    ModSeqKey,
    MomentKey,
    Not,
    Or,
    has_leaf,
    map_leaves,
    resolve_ages,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CLOCK = ModSeqKey(ModSeq(1))


def test_equal_questions_are_equal_keys() -> None:
    first = And((Not(HasFlag("\\Seen")), Or(HasFlag("a"), HasFlag("b"))))
    assert first == And((Not(HasFlag("\\Seen")), Or(HasFlag("a"), HasFlag("b"))))
    assert hash(first) == hash(And((Not(HasFlag("\\Seen")), Or(HasFlag("a"), HasFlag("b")))))


def test_every_leaf_can_be_changed_and_the_branches_stay() -> None:
    tree = And((Not(HasFlag("a")), Or(HasFlag("b"), All())))
    changed = map_leaves(tree, lambda leaf: HasFlag("x") if isinstance(leaf, HasFlag) else leaf)
    assert changed == And((Not(HasFlag("x")), Or(HasFlag("x"), All())))


def test_a_kind_of_leaf_is_found_wherever_it_stands() -> None:
    for tree in (CLOCK, Not(CLOCK), Or(All(), CLOCK), Or(CLOCK, All()), And((All(), CLOCK))):
        assert has_leaf(tree, ModSeqKey)
        assert not has_leaf(tree, HasFlag)


def test_ages_become_moments() -> None:
    key = And((AgeKey(Comparison.BEFORE, 60), HasFlag("a")))
    assert resolve_ages(key, NOW) == And((MomentKey(Comparison.BEFORE, NOW - timedelta(minutes=1)), HasFlag("a")))


def test_before_the_calendar_nothing_is_older_and_everything_younger() -> None:
    assert resolve_ages(AgeKey(Comparison.SINCE, 2**40), NOW) == All()
    assert resolve_ages(AgeKey(Comparison.BEFORE, 2**40), NOW) == Not(All())
