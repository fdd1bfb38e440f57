import pytest
from sqlalchemy.dialects import sqlite

from mssmail.core.search import All, And, BodyText, EnvelopeText, HasFlag, HeaderText, Not, Or, SearchKey, UidRanges
from mssmail.store.conditions import MAX_RANGES, AndNode, Asked, Exact, Node, NotNode, OrNode, compile_key

FLAG, TEXT = HasFlag("\\Seen"), BodyText("x")


@pytest.mark.parametrize(
    "key",
    [
        All(),
        FLAG,
        EnvelopeText("subject", "x"),
        HeaderText("", "no field has this name"),
        HeaderText("a: b", "nor this one"),
        UidRanges(((1, 2),) * MAX_RANGES),
        Not(FLAG),
        Or(FLAG, All()),
        And((FLAG, Not(Or(FLAG, EnvelopeText("to", "y"))))),
    ],
)
def test_what_columns_can_answer_is_one_condition(key: SearchKey) -> None:
    assert isinstance(compile_key(key), Exact)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (TEXT, Asked),
        (EnvelopeText("subject", ""), Asked),  # an empty column does not tell an empty field from none
        (HeaderText("x-other", "y"), Asked),
        (HeaderText("subject", "y"), Asked),
        (UidRanges(((1, 2),) * (MAX_RANGES + 1)), Asked),
        (Not(TEXT), NotNode),
        (Or(FLAG, TEXT), OrNode),
        (And((TEXT, FLAG)), AndNode),
    ],
)
def test_what_they_cannot_is_asked_of_the_message(key: SearchKey, kind: type[Node]) -> None:
    assert isinstance(compile_key(key), kind)


def test_cheap_conditions_are_joined_and_come_first() -> None:
    node = compile_key(And((TEXT, FLAG, BodyText("y"), HasFlag("blue"))))
    assert isinstance(node, AndNode)
    assert [type(inner) for inner in node.nodes] == [Exact, Asked, Asked]


def test_what_a_client_sends_is_never_part_of_the_statement() -> None:
    node = compile_key(And((HasFlag("k'; DROP"), EnvelopeText("subject", "\"'; --"))))
    assert isinstance(node, Exact)
    statement = str(node.condition.compile(dialect=sqlite.dialect()))
    assert "DROP" not in statement
    assert "--" not in statement
