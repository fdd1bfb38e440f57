"""Rules that hide capabilities."""

import pytest

from mssmail.core.address import parse_address
from mssmail.policy.hiding import find_hidden, is_hidden
from mssmail.settings import Hide

RULES = (
    Hide(("QRESYNC", "condstore"), client="*outlook*"),
    Hide(("IDLE",), account="Anne@a.test"),
    Hide(("MOVE",), client="K-9*", account="b.test"),
)


@pytest.mark.parametrize(
    ("client", "account", "hidden"),
    [
        ("", None, set()),
        ("Thunderbird 153", "bob@c.test", set()),
        ("Microsoft Outlook 16", None, {"QRESYNC", "CONDSTORE"}),
        ("", "anne@A.test", {"IDLE"}),
        ("OUTLOOK", "anne@a.test", {"IDLE", "QRESYNC", "CONDSTORE"}),
        ("k-9 mail", None, set()),
        ("k-9 mail", "x@b.test", {"MOVE"}),
        ("mutt", "x@b.test", set()),
    ],
)
def test_every_rule_that_fits_counts(client: str, account: str | None, hidden: set[str]) -> None:
    assert find_hidden(RULES, client, parse_address(account) if account else None) == hidden


def test_a_name_hides_all_its_values_and_a_value_only_itself() -> None:
    assert is_hidden("THREAD=REFERENCES", frozenset({"THREAD"}))
    assert is_hidden("idle", frozenset({"IDLE"}))
    assert is_hidden("AUTH=PLAIN", frozenset({"AUTH=PLAIN"}))
    assert not is_hidden("AUTH=LOGIN", frozenset({"AUTH=PLAIN"}))
