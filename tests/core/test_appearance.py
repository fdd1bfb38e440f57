import re

from mssmail.core.appearance import Notice, Oddity


def test_names_are_fit_for_rules_and_journals() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", oddity.value) for oddity in Oddity)


def test_two_notices_of_one_oddity_and_reason_are_one() -> None:
    assert len({Notice(Oddity.NAME_HIDES, "a"), Notice(Oddity.NAME_HIDES, "a")}) == 1
