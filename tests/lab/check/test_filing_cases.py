"""The cases have names and expectations; ``end_to_end`` plays them."""

from mssmail.lab.check.document_cases import DOCUMENT_SUITE
from mssmail.lab.check.filing_cases import FILING_SUITE


def test_every_case_has_a_name_of_its_own_and_an_expectation() -> None:
    names = [case.name for case in (*DOCUMENT_SUITE, *FILING_SUITE)]
    assert len(set(names)) == len(names)
    assert all(case.expected for case in FILING_SUITE)
