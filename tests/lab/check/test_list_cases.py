"""What the cases of lists expect; ``end_to_end`` plays them."""

from mssmail.lab.check.list_cases import LIST_CASES, _read_reply_to
from mssmail.lab.check.sending_cases import SENDING_SUITE


def test_the_address_to_answer_is_read_from_the_question() -> None:
    assert _read_reply_to(b"Subject: x\r\nREPLY-TO: mod-1-a@b.test\r\n\r\nReply-To: other\r\n") == "mod-1-a@b.test"


def test_the_cases_are_played_with_the_suite() -> None:
    assert set(LIST_CASES) <= set(SENDING_SUITE)
    assert all(case.expected for case in LIST_CASES)
