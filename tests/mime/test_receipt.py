"""What a message says about receipts, however its sender wrote it."""

import pytest

from mssmail.core.address import parse_address
from mssmail.core.message import Span
from mssmail.core.receipt import ReceiptRequest, ReceivedReceipt
from mssmail.mime.parts import scan
from mssmail.mime.receipt import asks_for_receipt, find_report_type, may_be_receipt, read_receipt, read_request

ALICE, EVE = parse_address("alice@a.test"), parse_address("eve@a.test")
FROM = b"From: Alice <alice@a.test>\r\n"
END = b"\r\nhello\r\n"


def _read(header: bytes) -> ReceiptRequest:
    data = FROM + header + END
    return read_request(data, scan(data))


def test_a_message_that_asks_for_nothing() -> None:
    assert _read(b"") == ReceiptRequest(authors=(ALICE,))
    assert not asks_for_receipt(FROM + END, Span(0, len(FROM)))


def test_a_message_that_asks() -> None:
    request = _read(b"Disposition-Notification-To: Alice\r\n <alice@a.test>\r\n")
    assert request == ReceiptRequest(to=(ALICE,), is_asked=True, authors=(ALICE,))
    assert asks_for_receipt(b"disposition-notification-to: x\r\n\r\n", Span(0, 34))


@pytest.mark.parametrize(
    "value",
    [
        b"alice@a.test, eve@a.test\r\nDisposition-Notification-To: alice@a.test",
        b'"<eve@a.test>" <alice@a.test>',
        b"all: alice@a.test;",
        b"alice",
        b"alice@a.test <eve@a.test>",
    ],
)
def test_an_address_that_readers_may_read_differently_is_doubtful(value: bytes) -> None:
    assert _read(b"Disposition-Notification-To: " + value + b"\r\n").is_doubtful


def test_several_addresses_are_all_told() -> None:
    assert _read(b"Disposition-Notification-To: alice@a.test, eve@a.test\r\n").to == (ALICE, EVE)


def test_an_empty_field_asks_for_nobody() -> None:
    request = _read(b"Disposition-Notification-To:\r\n")
    assert (request.is_asked, request.to) == (True, ())


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (b"signed-receipt-protocol=required,pkcs7-signature; x=optional,y", ("signed-receipt-protocol",)),
        (b"a = REQUIRED , b ;c=required", ("a", "c")),
        (b"x=optional,required", ()),
        (b";;=,", ()),
    ],
)
def test_options_that_must_be_understood(value: bytes, names: tuple[str, ...]) -> None:
    assert _read(b"Disposition-Notification-Options: " + value + b"\r\n").required == names


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"Auto-Submitted: auto-replied\r\n", "is_automatic"),
        (b"auto-submitted: (no) auto-generated; x=no\r\n", "is_automatic"),
        (b"Auto-Submitted: no\r\nAuto-Submitted: auto-notified\r\n", "is_automatic"),
        (b"List-Id: <x.a.test>\r\n", "is_list"),
        (b"Precedence: Bulk\r\n", "is_list"),
        (b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n", "is_report"),
        (b"Content-Type: multipart/report; report-type=Disposition-Notification; boundary=b\r\n", "is_report"),
    ],
)
def test_machines_lists_and_reports_are_told_from_people(header: bytes, name: str) -> None:
    assert getattr(_read(header), name)


@pytest.mark.parametrize(
    "header", [b"Auto-Submitted: no\r\n", b"Auto-Submitted: No (x)\r\n", b"Precedence: normal\r\n"]
)
def test_what_people_write_is_no_machine(header: bytes) -> None:
    request = _read(header)
    assert (request.is_automatic, request.is_list, request.is_report) == (False, False, False)


def _receipt(fields: bytes, *, kind: bytes = b"disposition-notification", signed: bool = False) -> bytes:
    report = (
        b"Content-Type: multipart/report; report-type=" + kind + b"; boundary=r\r\n\r\n--r\r\n\r\nread\r\n"
        b"--r\r\nContent-Type: message/" + kind + b"\r\n\r\n" + fields + b"\r\n--r--\r\n"
    )
    if not signed:
        return FROM + report
    head = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=s\r\n\r\n--s\r\n'
    return FROM + head + report + b"\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--s--\r\n"


FIELDS = (
    b"Reporting-UA: bird\r\nFinal-Recipient: rfc822;Bob@b.test\r\nOriginal-Message-ID: <1@a.test>\r\n"
    b"Disposition: manual-action/MDN-sent-manually; displayed\r\n"
)


@pytest.mark.parametrize("signed", [False, True])
def test_a_persons_receipt(*, signed: bool) -> None:
    data = _receipt(FIELDS, signed=signed)
    assert read_receipt(data, scan(data)) == ReceivedReceipt("<1@a.test>", "Bob@b.test", "displayed", False)
    assert find_report_type(scan(data)) == "disposition-notification"
    assert read_request(data, scan(data)).is_report


def test_a_glance_tells_what_is_certainly_no_receipt() -> None:
    data = b"Subject: x\r\n\r\nContent-Type: message/Disposition-Notification\r\n"
    assert may_be_receipt(data, Span(0, 14))
    assert not may_be_receipt(data[:-14], Span(0, 14))
    assert not may_be_receipt(data[:14] + b" " * 20_000 + data[14:], Span(0, 14))


@pytest.mark.parametrize(
    "disposition",
    [
        b"Disposition: automatic-action/MDN-sent-automatically; processed/error\r\nError: 902^Patient inconnu\r\n",
        b"Disposition: automatic-action/MDN-sent-automatically; processed/Error: 902^Patient inconnu\r\n",
    ],
)
def test_both_forms_of_an_integration_error_are_read(disposition: bytes) -> None:
    data = _receipt(b"Final-Recipient: rfc822; b@b.test\r\n" + disposition)
    received = read_receipt(data, scan(data))
    assert received == ReceivedReceipt("", "b@b.test", "processed", True, ("902^Patient inconnu",))


def test_an_error_without_words_is_an_error_all_the_same() -> None:
    data = _receipt(b"Disposition: automatic-action/MDN-sent-automatically; processed/error\r\n")
    received = read_receipt(data, scan(data))
    assert received is not None
    assert received.errors == ("",)


@pytest.mark.parametrize(
    "data",
    [
        FROM + END,
        _receipt(FIELDS, kind=b"delivery-status"),
        _receipt(FIELDS).replace(b"message/disposition-notification", b"text/plain"),
        FROM + b"Content-Type: multipart/signed; boundary=s\r\n\r\nnothing",
    ],
)
def test_what_is_no_receipt(data: bytes) -> None:
    assert read_receipt(data, scan(data)) is None


@pytest.mark.parametrize(
    "fields", [b"", b"Disposition: what?\r\nFinal-Recipient: nobody\r\n", b"\xff\0: \r\n\r\n", b":;/" * 30_000]
)
def test_a_receipt_that_cannot_be_read_tells_nothing_and_raises_nothing(fields: bytes) -> None:
    data = _receipt(fields)
    assert read_receipt(data, scan(data)) == ReceivedReceipt("", "", "", False)
