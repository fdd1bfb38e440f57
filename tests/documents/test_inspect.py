"""Any file: its kind, its reading, its rows."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents.glance import DocumentKind
from mssmail.documents.inspect import Reading, find_kind, inspect_file, list_facts
from tests.support.health import ABNORMAL, CRITICAL, INS, NORMAL, make_cda, make_entry, make_hprim, make_xdm, make_zip

_READING = Reading(test_space=True)


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("x", b"PK\x03\x04", DocumentKind.XDM),
        ("x.zip", b"junk", DocumentKind.XDM),
        ("x", b"\xef\xbb\xbf<a", DocumentKind.CDA),
        ("x", b"\n <a", DocumentKind.CDA),
        ("x.XML", b"junk", DocumentKind.CDA),
        ("x.hpr", b"<a", DocumentKind.HPRIM),
        ("x", b"0000", DocumentKind.HPRIM),
    ],
)
def test_the_kind_of_a_file(name: str, start: bytes, kind: DocumentKind) -> None:
    assert find_kind(name, start) is kind


@pytest.mark.parametrize(
    ("data", "mark", "fileable"),
    [
        (make_cda(CRITICAL), Mark.CRITICAL, True),
        (make_xdm(make_cda(ABNORMAL)), Mark.ABNORMAL, True),
        (make_hprim("RES|K|K|N|1||||N|F").encode(), Mark.NORMAL, True),
        (make_zip({"a": b""}), Mark.REJECTED, False),
        (b"<a/>", Mark.REJECTED, False),
        (b"nothing", Mark.REJECTED, False),
        (b"H|~^\\&|", Mark.REJECTED, False),
    ],
)
def test_nothing_raises(data: bytes, mark: Mark, fileable: bool) -> None:
    found = inspect_file(data, "file", _READING)
    assert (found.mark, found.fileable, bool(found.doubt)) == (mark, fileable, not fileable)


def test_each_document_becomes_a_row() -> None:
    pdf = make_entry("DOC0002.XML", b"%PDF", media_type="application/pdf")
    cda = make_cda(CRITICAL)
    archive = make_xdm(cda, b"%PDF", entries=[make_entry("DOC0001.XML", cda), pdf])
    rows = list_facts(inspect_file(archive, "IHE_XDM.zip", _READING), _READING)
    assert [(row.kind, row.mark, row.fileable) for row in rows] == [
        ("cda", Mark.CRITICAL, True),
        ("application/pdf", Mark.NONE, True),
    ]
    assert (rows[0].ins, rows[0].ins_is_qualified, rows[0].title) == (INS, True, "Examens biologiques")
    assert (rows[0].patient, rows[0].author, rows[0].loinc_codes) == (
        "FICTIF ALICE",
        "Anne BIOLOGISTE",
        ("2823-3",),
    )


def test_hprim_and_rejected_files_become_rows_too() -> None:
    text = make_hprim("RES|K|K|N|1||||HH|F").encode()
    row = list_facts(inspect_file(text, "a.hpr", _READING), _READING)[0]
    assert (row.kind, row.mark, row.author, row.patient) == (
        "hprim",
        Mark.CRITICAL,
        "LABORATOIRE INVENTE",
        "FICTIF ALICE",
    )
    row = list_facts(inspect_file(b"<a", "a.xml", _READING), _READING)[0]
    assert (row.mark, row.fileable, row.reason) == (Mark.REJECTED, False, "not well-formed XML")


def test_patients_are_known_by_number_else_by_name() -> None:
    assert inspect_file(make_cda(NORMAL), "a.xml", _READING).patients == {INS}
    assert inspect_file(make_cda(NORMAL, oid="1.2"), "a.xml", _READING).patients == {"FICTIF ALICE 19790315"}
    assert inspect_file(make_hprim().encode(), "a.hpr", _READING).patients == {INS}
    assert inspect_file(b"<a/>", "a.xml", _READING).patients == frozenset()
