"""The extensions are rehearsed with the rest; ``end_to_end`` plays the cases."""

from mssmail.lab.check.extension_cases import EXTENSION_CASES
from mssmail.lab.check.sending_cases import SENDING_SUITE


def test_the_cases_are_part_of_the_suite_under_names_of_their_own() -> None:
    names = [case.name for case in SENDING_SUITE]
    assert {case.name for case in EXTENSION_CASES} < set(names)
    assert len(set(names)) == len(names)
