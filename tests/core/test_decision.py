"""A refusal refuses."""

import pytest

from mssmail.core.decision import Accept, Refuse, refuse
from mssmail.core.reply import Reply


def test_a_refusal_needs_a_refusing_reply() -> None:
    with pytest.raises(ValueError, match="4xx or 5xx"):
        Refuse("rule", Reply(250, "2.0.0", "fine"))


@pytest.mark.parametrize(("code", "status", "temporary"), [(451, "4.7.5", True), (550, "5.7.1", False)])
def test_knows_our_doubt_from_their_fault(code: int, status: str, temporary: bool) -> None:
    assert refuse("rule", code, status, "why").is_temporary is temporary


def test_an_acceptance_names_its_rule() -> None:
    assert Accept("signed").rule == "signed"
