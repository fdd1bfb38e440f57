"""The suite names each case once; ``end_to_end`` plays them."""

from mssmail.lab.check.cases import MAIN_SUITE


def test_every_case_has_a_name_of_its_own_and_an_expectation() -> None:
    names = [case.name for case in MAIN_SUITE]
    assert len(set(names)) == len(names)
    assert all(case.expected for case in MAIN_SUITE)
