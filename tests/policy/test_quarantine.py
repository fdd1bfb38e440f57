"""Bytes that end workers: facts → answer."""

import pytest

from mssmail.core.decision import Accept, Refuse
from mssmail.policy.quarantine import judge_admission, judge_death, may_read_documents


@pytest.mark.parametrize(("deaths", "code", "status"), [(1, 451, "4.3.0"), (2, 554, "5.6.0"), (9, 554, "5.6.0")])
def test_one_death_may_be_chance_two_are_not(deaths: int, code: int, status: str) -> None:
    refusal = judge_death(deaths)
    assert (refusal.reply.code, refusal.reply.status) == (code, status)
    assert refusal.is_temporary == (deaths == 1)


def test_what_is_in_quarantine_is_refused_unseen() -> None:
    assert isinstance(judge_admission(is_held=False), Accept)
    held = judge_admission(is_held=True)
    assert isinstance(held, Refuse)
    assert str(held.reply).startswith("554 5.6.0 ")


def test_documents_are_left_alone_after_two_deaths() -> None:
    assert [may_read_documents(deaths) for deaths in (0, 1, 2)] == [True, True, False]
