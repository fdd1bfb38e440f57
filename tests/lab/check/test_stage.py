"""What the stranger makes of what it reads; how it speaks is tried in ``end_to_end``."""

import pytest

from mssmail.lab.check.stage import compare_bytes, encode_answer, find_verdict


@pytest.mark.parametrize(
    ("header", "verdict"),
    [
        (b"Authentication-Results: us;\r\n smime=pass body.smime-part=\r\nFrom: a@b", "smime=pass"),
        (b"Received: x\r\nAuthentication-Results: us; smime=fail reason=x", "smime=fail"),
        (b"Authentication-Results: us; none", "no smime result"),
        (b"From: a@b", "no Authentication-Results"),
    ],
)
def test_the_verdict_is_read_from_the_topmost_field(header: bytes, verdict: str) -> None:
    assert find_verdict(header + b"\r\n\r\nsmime=forged") == verdict


def test_bytes_are_compared_behind_our_prefix() -> None:
    assert compare_bytes(b"Received: x\r\n" + b"message", b"message") == "same bytes"
    assert compare_bytes(b"Received: x\r\n" + b"massage", b"message") == "OTHER BYTES"


def test_an_answer_of_several_lines_is_one_line() -> None:
    assert encode_answer(550, b"5.7.1 no\n5.7.1 really") == "550 5.7.1 no / 5.7.1 really"
