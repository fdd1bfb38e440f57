"""Every stranger is met; ``end_to_end`` plays the cases."""

from mssmail.lab.check.sending_cases import SENDING_SUITE


def test_no_case_is_there_twice_and_what_is_kept_back_has_its_reason() -> None:
    names = [case.name for case in SENDING_SUITE]
    assert len(set(names)) == len(names)
    assert all(case.reason for case in SENDING_SUITE if case.expected.endswith("kept back"))
