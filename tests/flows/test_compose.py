"""What submission changes in a message, to the octet."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.flows.compose import complete_message
from mssmail.mime.parts import scan

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DATE = b"Date: Mon, 01 Jun 2026 12:00:00 +0000\r\n"
ID = b"Message-ID: <id1@a.test>\r\n"


def _complete(data: bytes) -> bytes:
    return complete_message(data, scan(data).header, "id1@a.test", AT)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (DATE + ID + b"From: a\r\n\r\nx\r\n", DATE + ID + b"From: a\r\n\r\nx\r\n"),
        (b"From: a\r\n\r\nx\r\n", DATE + ID + b"From: a\r\n\r\nx\r\n"),
        (DATE + b"From: a\r\n\r\nx\r\n", ID + DATE + b"From: a\r\n\r\nx\r\n"),
        (b"MESSAGE-Id: <q@x>\r\ndate: now\r\n\r\nx", b"MESSAGE-Id: <q@x>\r\ndate: now\r\n\r\nx"),
        (DATE + ID + b"Bcc: eve@b.test\r\nTo: b\r\n\r\nx", DATE + ID + b"To: b\r\n\r\nx"),
        (DATE + ID + b"bcc:\r\nTo: b\r\nBCC : f@x,\r\n g@x\r\n\r\nx", DATE + ID + b"To: b\r\n\r\nx"),
        (DATE + ID + b"Resent-Bcc: eve@b.test\r\n\r\nx", DATE + ID + b"\r\nx"),
        (b"Return-Path: <eve@b.test>\r\n" + DATE + ID + b"\r\nx", DATE + ID + b"\r\nx"),
        (DATE + ID + b"A: b\r\n" * 10_000 + b"Bcc: eve@b.test\r\n\r\nx", DATE + ID + b"A: b\r\n" * 10_000 + b"\r\nx"),
        (
            DATE + ID + b"Subject: a\r\n Bcc: no\r\n\r\nBcc: body",
            DATE + ID + b"Subject: a\r\n Bcc: no\r\n\r\nBcc: body",
        ),
        (b"\r\nno header", DATE + ID + b"\r\nno header"),
    ],
)
def test_changes_only_what_is_wanting_or_hidden(data: bytes, wanted: bytes) -> None:
    assert _complete(data) == wanted


def test_a_part_that_carries_the_same_names_is_left_alone() -> None:
    inner = b"--x\r\nBcc: inner\r\nContent-Type: message/rfc822\r\n\r\nBcc: deeper\r\n\r\nx\r\n--x--\r\n"
    data = DATE + ID + b"Bcc: outer\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + inner
    assert _complete(data).endswith(b"boundary=x\r\n\r\n" + inner)
    assert b"outer" not in _complete(data)


fields = st.lists(st.sampled_from([b"Bcc: x\r\n", b"Bcc: x\r\n y\r\n", b"To: b\r\n", DATE, ID, b"Subject:\r\n z\r\n"]))


@given(fields, st.binary(max_size=60))
def test_is_done_after_once(header: list[bytes], body: bytes) -> None:
    data = b"".join(header) + b"\r\n" + body
    once = _complete(data)
    assert _complete(once) == once
    assert once.endswith(b"".join(field for field in header if not field.startswith(b"Bcc")) + b"\r\n" + body)
