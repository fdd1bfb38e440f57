"""Search keys are values: equal when they ask the same."""

from mssmail.core.search import And, HasFlag, Not, Or


def test_equal_questions_are_equal_keys() -> None:
    first = And((Not(HasFlag("\\Seen")), Or(HasFlag("a"), HasFlag("b"))))
    assert first == And((Not(HasFlag("\\Seen")), Or(HasFlag("a"), HasFlag("b"))))
    assert hash(first) == hash(And((Not(HasFlag("\\Seen")), Or(HasFlag("a"), HasFlag("b")))))
