"""Every command of the queue is tried; ``end_to_end`` plays the cases."""

from mssmail.lab.check.queue_cases import QUEUE_CASES
from mssmail.lab.check.sending_cases import SENDING_SUITE


def test_the_cases_are_part_of_the_suite_under_names_of_their_own() -> None:
    names = [case.name for case in SENDING_SUITE]
    assert {case.name for case in QUEUE_CASES} < set(names)
    assert len(set(names)) == len(names)
