"""Receipts as other programs read them: golden by the standard library's parser, and by our own."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from mssmail.core.address import parse_address
from mssmail.core.receipt import Disposition, FilingError
from mssmail.delivery.mdn import Receipt, build_error_letter, build_receipt
from mssmail.mime.parts import scan
from mssmail.mime.receipt import read_receipt, read_request

AT = datetime(2026, 6, 3, 8, 0, tzinfo=UTC)
ORIGINAL = b"From: alice@a.test\r\nSubject: x\r\nMessage-ID: <1@a.test>\r\n\r\nhello\r\n"
RECEIPT = Receipt(
    to=parse_address("alice@a.test"),
    author=parse_address("labo@b.test"),
    author_name="Laboratoire d'Été",
    disposition=Disposition(),
    data=ORIGINAL,
    subject="XDM/1.0/DDM+CR d'examens biologiques FICTIF Alice 15/03/1979",
    message_id="<1@a.test>",
    reporting_ua="mx.b.test; mssmail",
    original_recipient=parse_address("labo@b.test"),
)
FAILED = replace(RECEIPT, disposition=Disposition(error=FilingError.UNKNOWN_PATIENT, note="aucun dossier\r\nX: y"))


def _build(receipt: Receipt, *, max_bytes: int = 1_000_000) -> bytes:
    return build_receipt(receipt, "id42", AT, max_bytes=max_bytes)


def _parse(raw: bytes) -> tuple[EmailMessage, list[EmailMessage]]:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message, [part for part in message.iter_parts() if isinstance(part, EmailMessage)]


def test_a_success_bears_the_subject_it_answers_and_the_whole_original() -> None:
    raw = _build(RECEIPT)
    message, (text, told, original) = _parse(raw)
    assert message["Content-Type"].params["report-type"] == "disposition-notification"
    assert message["Subject"] == RECEIPT.subject
    assert message["From"].addresses[0].display_name == "Laboratoire d'Été"
    assert (message["Auto-Submitted"], message["In-Reply-To"]) == ("auto-replied", "<1@a.test>")
    assert "traité automatiquement" in text.get_content()
    fields = told.get_payload()[0]  # type: ignore[index]
    assert fields.items() == [  # type: ignore[union-attr]
        ("Reporting-UA", "mx.b.test; mssmail"),
        ("Original-Recipient", "rfc822;labo@b.test"),
        ("Final-Recipient", "rfc822;labo@b.test"),
        ("Original-Message-ID", "<1@a.test>"),
        ("Disposition", "automatic-action/MDN-sent-automatically; processed"),
    ]
    assert original.get_content_type() == "message/rfc822"
    assert ORIGINAL in raw


def test_a_failure_says_its_code_in_subject_and_fields() -> None:
    raw = _build(FAILED)
    message, (text, _, _) = _parse(raw)
    assert message["Subject"] == f"[KO Intégration système !][902] {RECEIPT.subject}"
    assert "902 Patient inconnu" in text.get_content()
    assert "Détail : aucun dossier" in text.get_content()
    assert b"Disposition: automatic-action/MDN-sent-automatically; processed/error\r\n" in raw
    received = read_receipt(raw, scan(raw))
    assert received is not None
    assert (received.original_message_id, received.errors) == ("<1@a.test>", ("902^Patient inconnu",))


def test_a_receipt_never_asks_for_a_receipt_and_is_known_as_one() -> None:
    raw = _build(FAILED)
    request = read_request(raw, scan(raw))
    assert (request.is_asked, request.is_report, request.is_automatic) == (False, True, True)


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@a.test", "é" * 400, "x" * 2_000, "=?utf-8?q?a?=", "", "\x00\x1b"])
def test_no_subject_breaks_the_header(subject: str) -> None:
    raw = _build(replace(FAILED, subject=subject))
    header = raw.partition(b"\r\n\r\n")[0]
    assert header.isascii()
    assert max(map(len, header.split(b"\r\n"))) <= 998
    message, _ = _parse(raw)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("[KO Intégration système !][902] ")


@pytest.mark.parametrize("id", ["", "no brackets", "<a b@c>", "<1@a.test>\r\nBcc: eve@a.test", "<é@a.test>"])
def test_what_is_no_message_id_is_not_repeated(id: str) -> None:
    raw = _build(replace(RECEIPT, message_id=id, original_recipient=None))
    assert b"In-Reply-To" not in raw
    assert b"Original-Message-ID" not in raw
    assert b"Original-Recipient" not in raw
    assert b"Bcc" not in raw


def test_no_name_breaks_the_header() -> None:
    message, _ = _parse(_build(replace(RECEIPT, author_name='Dr "X"\r\nBcc: eve@a.test')))
    assert message["Bcc"] is None
    assert message["From"].addresses[0].addr_spec == "labo@b.test"


def test_eight_bit_originals_stay_as_they_are_and_say_so() -> None:
    data = ORIGINAL + b"\xe9t\xe9\r\n"
    raw = _build(replace(RECEIPT, data=data))
    assert data in raw
    assert b"message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n" in raw


def test_of_a_huge_original_only_the_header_is_sent_back() -> None:
    _, (_, _, original) = _parse(_build(replace(RECEIPT, data=ORIGINAL + b"x" * 10_000), max_bytes=1_000))
    assert original.get_content_type() == "text/rfc822-headers"


def test_an_error_nobody_asked_for_is_an_ordinary_letter_with_the_same_subject() -> None:
    raw = build_error_letter(FAILED, "id42", AT, max_bytes=1_000_000)
    message, (text, original) = _parse(raw)
    assert message.get_content_type() == "multipart/mixed"
    assert message["Subject"] == f"[KO Intégration système !][902] {RECEIPT.subject}"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "902 Patient inconnu" in text.get_content()
    assert original.get_content_type() == "message/rfc822"
    assert read_receipt(raw, scan(raw)) is None


@pytest.mark.parametrize("name", ["", "Zoé Ügur"])
def test_a_receipt_between_international_addresses_can_be_written(name: str) -> None:
    zoe = parse_address("zoé@b.test")
    raw = _build(replace(RECEIPT, author=zoe, author_name=name, to=zoe, original_recipient=zoe))
    assert "<zoé@b.test>\r\nTo: <zoé@b.test>\r\n".encode() in raw
    assert b"\r\nFinal-Recipient: utf-8;zo\\x{E9}@b.test\r\n" in raw
    assert b"\r\nOriginal-Recipient: utf-8;zo\\x{E9}@b.test\r\n" in raw
