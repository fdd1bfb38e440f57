"""The suite names each case once; ``end_to_end`` plays them."""

from mssmail.core.findings import Mark
from mssmail.documents.inspect import Reading, inspect_file
from mssmail.lab.check.document_cases import ABNORMAL, BROKEN, CRITICAL, DOCUMENT_SUITE, NORMAL


def test_every_case_has_a_name_of_its_own_and_an_expectation() -> None:
    names = [case.name for case in DOCUMENT_SUITE]
    assert len(set(names)) == len(names)
    assert all(case.expected for case in DOCUMENT_SUITE)


def test_the_archives_are_what_their_cases_say() -> None:
    marks = [inspect_file(each, "a.zip", Reading()).mark for each in (CRITICAL, ABNORMAL, NORMAL, BROKEN)]
    assert marks == [Mark.CRITICAL, Mark.ABNORMAL, Mark.NORMAL, Mark.REJECTED]
