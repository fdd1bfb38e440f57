"""The kinds of account are the four of the directory."""

from mssmail.core.account import AccountKind


def test_there_are_four_kinds() -> None:
    assert {kind.value for kind in AccountKind} == {"PER", "ORG", "APP", "CAB"}
