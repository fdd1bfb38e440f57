"""CDA documents: header, level, mark."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents.cda import parse_cda
from mssmail.errors import BadDocument
from tests.support.health import ABNORMAL, CRITICAL, NORMAL, make_cda, make_result

_PDF = '<nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERi0=</text></nonXMLBody>'


@pytest.mark.parametrize(
    ("results", "mark"),
    [
        ((NORMAL, CRITICAL, ABNORMAL), Mark.CRITICAL),
        ((NORMAL, ABNORMAL), Mark.ABNORMAL),
        ((NORMAL,), Mark.NORMAL),
        ((NORMAL, make_result(low="", high="")), Mark.UNASSESSED),
        ((), Mark.UNASSESSED),
    ],
)
def test_a_laboratory_report_is_marked_by_its_gravest_result(results: tuple[str, ...], mark: Mark) -> None:
    assert parse_cda(make_cda(*results)).mark is mark


def test_other_documents_without_results_call_for_nothing() -> None:
    assert parse_cda(make_cda(code="11490-0")).mark is Mark.NONE
    assert parse_cda(make_cda(CRITICAL, code="11490-0")).mark is Mark.CRITICAL


@pytest.mark.parametrize(("code", "mark"), [("11502-2", "unassessed"), ("96173-0", "unassessed"), ("18748-4", "none")])
def test_of_level_1_nothing_can_be_known(code: str, mark: str) -> None:
    document = parse_cda(make_cda(code=code, body=_PDF))
    assert (document.level, document.body_media_type, document.mark.value) == (1, "application/pdf", mark)


def test_scanned_results_of_another_laboratory_are_never_normal() -> None:
    body = make_cda(NORMAL).decode().partition("<structuredBody>")[2].partition("</structuredBody>")[0]
    scanned = '<component><section><code code="101792-0"/></section></component>'
    document = parse_cda(make_cda(body=f"<structuredBody>{body}{scanned}</structuredBody>"))
    assert (document.has_scanned_results, document.mark) == (True, Mark.UNASSESSED)


def test_the_header_is_read() -> None:
    parent = '<parentDocument><id root="1.2" extension="3"/></parentDocument>'
    more = f'<relatedDocument typeCode="RPLC">{parent}</relatedDocument>'
    document = parse_cda(make_cda(ABNORMAL, NORMAL, more=more))
    assert (document.type_code, document.document_id, document.version) == ("11502-2", "1.2.3.4.1", "1")
    assert (document.replaces, document.author, document.title) == ("1.2^3", "Anne BIOLOGISTE", "Examens biologiques")
    assert (document.loinc_codes, document.abnormal_codes) == (("2951-2",), ("2951-2",))


def test_resistance_is_told_beside_the_mark() -> None:
    document = parse_cda(make_cda(NORMAL, make_result("20-8", flags=["R"])))
    assert (document.has_resistance, document.mark) == (True, Mark.NORMAL)


def test_two_record_targets_are_two_patients() -> None:
    other = '<recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="1"/></patientRole></recordTarget>'
    assert parse_cda(make_cda(more=other)).has_several_patients
    assert not parse_cda(make_cda()).has_several_patients


@pytest.mark.parametrize(
    ("data", "reason"), [(b"<a/>", "no ClinicalDocument"), (b"<a", "well-formed"), (b"<!DOCTYPE a><a/>", "DTD")]
)
def test_refuses_what_is_no_document(data: bytes, reason: str) -> None:
    with pytest.raises(BadDocument, match=reason):
        parse_cda(data)
