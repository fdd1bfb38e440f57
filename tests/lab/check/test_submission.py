"""What the stranger's client takes for a report; ``end_to_end`` plays the rest against a lab."""

import pytest

from mssmail.lab.check.submission import is_report

REPORT = b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nFinal-Recipient: x\r\nAction: failed\r\n"


@pytest.mark.parametrize(
    ("message", "action", "expected"),
    [
        (REPORT, "failed", True),
        (REPORT, "delayed", False),
        (REPORT, "fail", False),
        (REPORT.replace(b"delivery-status", b"disposition-notification"), "failed", False),
        (b"Subject: x\r\n\r\nAction: failed\r\n", "failed", False),
    ],
)
def test_a_report_is_known_by_its_type_and_action(message: bytes, action: str, expected: bool) -> None:
    assert is_report(message, action) is expected
