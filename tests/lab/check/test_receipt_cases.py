"""What the stranger takes for a receipt; ``end_to_end`` plays the cases."""

from mssmail.lab.check.mail import build_letter
from mssmail.lab.check.patient_cases import add_fields
from mssmail.lab.check.receipt_cases import RECEIPT_CASES


def test_silence_is_expected_more_often_than_a_receipt() -> None:
    assert sum(case.expected == "silence" for case in RECEIPT_CASES) == 3


def test_fields_are_put_in_front() -> None:
    letter = build_letter("a@a.test", "b@b.test")
    asked = add_fields(letter, Disposition_Notification_To="a@a.test")
    assert asked.message_id == letter.message_id
    assert asked.data == b"Disposition-Notification-To: a@a.test\r\n" + letter.data
