"""The order of marks."""

from mssmail.core.findings import NO_FINDINGS, UNREAD, Mark, find_gravest


def test_red_comes_first_and_what_could_not_be_read_comes_before_normal() -> None:
    order = [Mark.CRITICAL, Mark.ABNORMAL, Mark.REJECTED, Mark.UNASSESSED, Mark.NORMAL, Mark.NONE]
    for number, mark in enumerate(order):
        assert find_gravest(order[number:][::-1]) is mark
    assert find_gravest([]) is Mark.NONE


def test_a_message_whose_reading_died_is_rejected_and_never_filed() -> None:
    assert (UNREAD.mark, UNREAD.fileable, UNREAD.has_documents) == (Mark.REJECTED, False, True)
    assert not NO_FINDINGS.has_documents
