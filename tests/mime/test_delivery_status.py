"""Delivery reports, read."""

from datetime import UTC, datetime

import pytest

from mssmail.core.address import parse_address
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.delivery.dsn import build_report
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient
from mssmail.mime.delivery_status import DeliveryStatus, RecipientStatus, read_delivery_status
from mssmail.mime.parts import scan

AT = datetime(2026, 11, 21, tzinfo=UTC)
SENDER, DAN, EVE = (parse_address(text) for text in ("alice@a.test", "dan@c.test", "eve@c.test"))
MESSAGE = b"From: alice@a.test\r\nSubject: x\r\n\r\nbody\r\n"


def _read(data: bytes) -> DeliveryStatus | None:
    return read_delivery_status(data, scan(data))


def test_our_own_reports_are_read_back() -> None:
    told = (
        ReportedRecipient(DAN, Reply(550, "5.1.1", "No such account"), "", "mx.c.test", AT),
        ReportedRecipient(EVE, Reply(552, "5.2.2", "Full"), "", "mx.c.test", AT),
    )
    report = Report(Action.FAILED, ReportedMessage(SENDER, MESSAGE, "t", AT), told)
    found = _read(build_report(report, parse_address("postmaster@c.test"), "mx.c.test", "id", AT))
    assert found is not None
    assert found.recipients == (
        RecipientStatus(Action.FAILED, "dan@c.test", "", "5.1.1", "550 5.1.1 No such account"),
        RecipientStatus(Action.FAILED, "eve@c.test", "", "5.2.2", "552 5.2.2 Full"),
    )
    assert found.returned.startswith(b"From: alice@a.test\r\nSubject: x\r\n")


HEAD = b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'


def _build(*parts: bytes, head: bytes = HEAD) -> bytes:
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


STATUS = (
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
    b"Original-Recipient: rfc822;team@b.test\r\nFinal-recipient: RFC822;\r\n dan@c.test\r\nACTION: Delayed\r\n"
    b"Status: 4.4.1 (no answer)\r\nDiagnostic-Code: smtp; 451 4.4.1 later\r\n"
)


def test_a_strangers_report_is_read_however_it_is_folded_and_spelt() -> None:
    found = _read(_build(b"\r\ntext", STATUS, b"Content-Type: message/rfc822\r\n\r\nSubject: back\r\n\r\nbody"))
    assert found == DeliveryStatus(
        (RecipientStatus(Action.DELAYED, "dan@c.test", "team@b.test", "4.4.1", "451 4.4.1 later"),),
        b"Subject: back\r\n\r\n",
    )


@pytest.mark.parametrize(
    "data",
    [
        MESSAGE,
        _build(b"\r\ntext"),
        _build(b"\r\ntext", STATUS, head=HEAD.replace(b"delivery-status", b"disposition-notification")),
        _build(b"\r\ntext", STATUS.replace(b"Delayed", b"invented")),
        _build(b"\r\ntext", STATUS.replace(b"RFC822;", b"")),
        _build(b"\r\ntext", b"Content-Type: message/delivery-status\r\n\r\n"),
        _build(b"\r\ntext", b"Content-Type: message/delivery-status\r\n\r\n\xff\x00\r\n\r\n\xff:\r\n"),
    ],
)
def test_what_tells_of_nobody_is_none(data: bytes) -> None:
    assert _read(data) is None


def test_a_missing_status_is_empty_and_so_is_what_was_not_returned() -> None:
    found = _read(_build(b"\r\nx", STATUS.replace(b"4.4.1 (no answer)", b"who knows").replace(b"smtp; 451", b"451")))
    assert found == DeliveryStatus((RecipientStatus(Action.DELAYED, "dan@c.test", "team@b.test"),))
