"""Where documents stand in messages."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents.inspect import Reading
from mssmail.documents.message import MessageReading, read_message
from tests.support.health import ABNORMAL, CRITICAL, INS, NORMAL, make_cda, make_hprim, make_message, make_xdm, make_zip

_READING = Reading(test_space=True)
_XDM = make_xdm(make_cda(CRITICAL))
_ZIP = ("application/zip", "IHE_XDM.zip", _XDM)


def _read(data: bytes) -> MessageReading:
    return read_message(data, _READING)


@pytest.mark.parametrize(
    "part",
    [
        _ZIP,
        ("application/octet-stream", "ihe_xdm.ZIP", _XDM),
        ("application/x-zip-compressed", "", _XDM),
        ("application/pdf", "results.bin", _XDM),
        ("text/xml", "cda.xml", make_cda(CRITICAL)),
        ("application/octet-stream", "", make_cda(CRITICAL)),
        ("text/plain", "", make_hprim("RES|K|K|N|6.9||||HH|F").encode()),
        ("application/octet-stream", "a.hpr", make_hprim("RES|K|K|N|6.9||||HH|F").encode()),
        ("text/plain", "", b"H|~^\\&|x\rP|1||||A^B\rOBX|1|NM|K||6|||HH|||F\rL|1\r"),
    ],
)
def test_documents_are_known_by_what_they_are(part: tuple[str, str, bytes]) -> None:
    findings = _read(make_message(("text/plain", "", b"Hello"), part)).findings
    assert (findings.mark, findings.fileable, len(findings.documents)) == (Mark.CRITICAL, True, 1)


@pytest.mark.parametrize(
    "part",
    [
        ("application/zip", "holiday.zip", make_zip({"picture.jpg": b"x"})),
        ("application/zip", "broken.zip", b"PK\x03\x04broken"),
        ("application/pdf", "results.pdf", b"%PDF-1.7"),
        ("text/xml", "invoice.xml", b"<invoice/>"),
        ("text/xml", "broken.xml", b"<invoice"),
        ("text/html", "", b"<p>ClinicalDocument</p>"),
        ("text/plain", "", b"Dear colleague,\r\n" * 20),
    ],
)
def test_other_attachments_are_left_alone(part: tuple[str, str, bytes]) -> None:
    assert not _read(make_message(part)).findings.has_documents


@pytest.mark.parametrize(
    ("part", "subject"),
    [
        (("application/zip", "IHE_XDM.zip", b"PK\x03\x04broken"), "x"),
        (("application/zip", "a.zip", b"PK\x03\x04broken"), "Re: XDM/1.0/DDM+CR"),
        (("application/zip", "a.zip", make_zip({"IHE_XDM/x": b""})), "x"),
        (("text/xml", "a.xml", b"<ClinicalDocument"), "x"),
        (("text/plain", "a.hpr", b"nonsense"), "x"),
    ],
)
def test_what_claims_to_be_a_document_and_cannot_be_read_is_rejected(
    part: tuple[str, str, bytes], subject: str
) -> None:
    assert _read(make_message(part, subject=subject)).findings.mark is Mark.REJECTED


def test_of_several_documents_the_gravest_counts() -> None:
    hprim = ("text/plain", "a.hpr", make_hprim("RES|NA|NA|N|140||||N|F").encode())
    findings = _read(make_message(hprim, _ZIP)).findings
    assert (findings.mark, findings.fileable, len(findings.documents)) == (Mark.CRITICAL, True, 2)
    broken = ("application/zip", "IHE_XDM.zip", b"PK\x03\x04")
    findings = _read(make_message(hprim, broken)).findings
    assert (findings.mark, findings.fileable) == (Mark.REJECTED, False)


def test_a_message_about_two_patients_is_not_filed() -> None:
    other = ("text/xml", "a.xml", make_cda(NORMAL, ins="123456789012345"))
    message = _read(make_message(_ZIP, other))
    assert (message.findings.fileable, set(message.patients)) == (False, {INS, "123456789012345"})


def test_signed_and_forwarded_documents_are_found() -> None:
    inner = make_message(_ZIP)
    signed = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="ss"\r\n\r\n--ss\r\n'
        + inner.partition(b"MIME-Version: 1.0\r\n")[2]
        + b"\r\n--ss\r\nContent-Type: application/pkcs7-signature\r\n\r\nxx\r\n--ss--\r\n"
    )
    forwarded = (
        b'Content-Type: multipart/mixed; boundary="ff"\r\n\r\n--ff\r\nContent-Type: message/rfc822\r\n\r\n'
        + signed
        + b"\r\n--ff--\r\n"
    )
    for data in (signed, forwarded):
        assert _read(data).findings.mark is Mark.CRITICAL


def test_what_a_report_returns_is_no_new_result() -> None:
    returned = (
        b'Content-Type: multipart/report; report-type=disposition-notification; boundary="rr"\r\n\r\n'
        b"--rr\r\n\r\nread\r\n--rr\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: x\r\n"
        b"--rr\r\nContent-Type: message/rfc822\r\n\r\n" + make_message(_ZIP) + b"\r\n--rr--\r\n"
    )
    assert not _read(returned).findings.has_documents


def test_what_the_sender_declares_is_compared() -> None:
    right = "X-MSS-CODECDA: 11502-2\r\nX-MSS-INS: O\r\nX-MSS-NIL: DEV1\r\n"
    findings = _read(make_message(_ZIP, fields=right)).findings
    assert (findings.declared.nil, findings.inconsistencies) == ("DEV1", ())
    assert len(_read(make_message(_ZIP)).findings.inconsistencies) == 2


def test_an_empty_message_has_no_findings() -> None:
    findings = _read(b"").findings
    assert (findings.mark, findings.fileable, findings.documents) == (Mark.NONE, False, ())
    assert _read(make_message(("text/xml", "a", make_cda(ABNORMAL)))).findings.mark is Mark.ABNORMAL
