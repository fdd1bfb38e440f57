"""IHE XDM archives: right ones, wrong ones, and the odd ones that are in use."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents import xdm
from mssmail.documents.archive import Archive
from mssmail.documents.xdm import MISMATCH, MISSING_FILE, SEVERAL_PATIENTS, XdmArchive, is_cda, is_xdm, read_xdm
from mssmail.errors import BadDocument
from tests.support.health import (
    CRITICAL,
    INS,
    NORMAL,
    TEST_OID,
    make_cda,
    make_entry,
    make_metadata,
    make_xdm,
    make_zip,
)

_OTHER = f"123456789012345^^^&amp;{TEST_OID}&amp;ISO^NH"
_CRITICAL, _NORMAL = make_cda(CRITICAL), make_cda(NORMAL)


def _read(data: bytes) -> XdmArchive:
    return read_xdm(Archive(data))


def test_a_right_archive_takes_the_mark_of_its_gravest_document_and_may_be_filed() -> None:
    archive = _read(make_xdm(_NORMAL, _CRITICAL))
    assert (archive.mark, archive.fault, archive.doubt, archive.distinct_patients) == (Mark.CRITICAL, "", "", 1)
    assert archive.patients == {INS}
    assert _read(make_xdm(_NORMAL)).mark is Mark.NORMAL


@pytest.mark.parametrize("change", [{"sha1": "0" * 40}, {"size": "1"}])
def test_of_an_archive_that_contradicts_itself_red_stays_red_and_normal_is_never_said(change: dict[str, str]) -> None:
    found = [_read(make_xdm(doc, entries=[make_entry("DOC0001.XML", doc, **change)])) for doc in (_CRITICAL, _NORMAL)]
    assert [each.mark for each in found] == [Mark.CRITICAL, Mark.REJECTED]
    assert [each.content_mark for each in found] == [Mark.CRITICAL, Mark.NORMAL]
    assert {each.doubt for each in found} == {MISMATCH}


def test_a_hash_may_be_written_in_capitals() -> None:
    entry = make_entry("DOC0001.XML", _NORMAL)
    digest = entry.partition('"hash"><rim:ValueList><rim:Value>')[2][:40]
    assert _read(make_xdm(_NORMAL, entries=[entry.replace(digest, digest.upper())])).fault == ""


def test_without_hash_the_content_is_read_but_not_filed() -> None:
    archive = _read(make_xdm(_NORMAL, entries=[make_entry("DOC0001.XML", _NORMAL, sha1="")]))
    assert (archive.mark, archive.fault) == (Mark.NORMAL, "")
    assert archive.doubt


def test_two_patients_are_never_filed() -> None:
    entries = [make_entry("DOC0001.XML", _NORMAL), make_entry("DOC0002.XML", _NORMAL, patient_id=_OTHER)]
    archive = _read(make_xdm(_NORMAL, _NORMAL, entries=entries))
    assert (archive.fault, archive.mark, archive.distinct_patients) == (SEVERAL_PATIENTS, Mark.REJECTED, 2)
    archive = _read(make_xdm(make_cda(CRITICAL, ins="123456789012345"), entries=None))
    assert (archive.fault, archive.mark) == (SEVERAL_PATIENTS, Mark.CRITICAL)


def test_a_local_number_that_the_document_names_beside_the_ins_is_the_same_person() -> None:
    entry = make_entry("DOC0001.XML", _NORMAL, patient_id="IPP-7^^^&amp;1.2.3.4.5&amp;ISO^PI")
    archive = _read(make_xdm(_NORMAL, entries=[entry]))
    assert (archive.fault, set(archive.patients)) == ("", {INS})


def test_a_listed_file_that_is_missing_and_a_file_that_nobody_lists() -> None:
    entries = [make_entry("DOC0001.XML", _CRITICAL), make_entry("GONE.XML", b"x")]
    archive = _read(make_xdm(_CRITICAL, _NORMAL, entries=entries))
    assert (archive.mark, archive.doubt) == (Mark.CRITICAL, MISSING_FILE)
    assert archive.warnings == ("not listed: DOC0002.XML",)


def test_a_document_that_cannot_be_read_rejects_the_archive_unless_another_is_red() -> None:
    broken = b"<ClinicalDocument"
    assert _read(make_xdm(_NORMAL, broken)).mark is Mark.REJECTED
    assert _read(make_xdm(_CRITICAL, broken)).mark is Mark.CRITICAL
    assert _read(make_xdm(_CRITICAL, broken)).doubt == "not well-formed XML"


def test_the_type_of_the_document_wins_and_the_difference_is_told() -> None:
    archive = _read(make_xdm(_NORMAL, entries=[make_entry("DOC0001.XML", _NORMAL, type_code="34133-9")]))
    assert (archive.fault, archive.warnings) == ("", ("DOC0001.XML: listed as 34133-9, is 11502-2",))


@pytest.mark.parametrize(
    "folder", ["IHE_XDM/SUBSET01", "ihe_xdm/subset01/", "IHE_XDM\\SUBSET01\\", "mail/IHE_XDM/A/B/"]
)
def test_odd_folders_are_read(folder: str) -> None:
    assert _read(make_xdm(_CRITICAL, folder=folder)).mark is Mark.CRITICAL


def test_several_submission_sets_are_read() -> None:
    files: dict[str, bytes] = {}
    for number, document in ((1, _NORMAL), (2, _CRITICAL)):
        place = f"IHE_XDM/SUBSET0{number}/"
        files |= {place + "METADATA.XML": make_metadata(make_entry("D.XML", document)), place + "D.XML": document}
    archive = _read(make_zip(files))
    assert (len(archive.packed), archive.mark, archive.fault) == (2, Mark.CRITICAL, "")


def test_other_documents_are_listed_and_call_for_nothing() -> None:
    entry = make_entry("DOC0001.XML", b"%PDF-", media_type="application/pdf")
    archive = _read(make_xdm(b"%PDF-", entries=[entry]))
    assert (archive.mark, archive.doubt, archive.documents) == (Mark.NONE, "", ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make_zip({"IHE_XDM/SUBSET01/DOC.XML": b"x"}), "no METADATA"),
        (make_zip({"METADATA.XML": make_metadata()}), "no METADATA"),
        (make_zip({"IHE_XDM/S/METADATA.XML": b"<a/>"}), "SubmitObjectsRequest"),
        (make_xdm(_NORMAL, entries=[make_entry("../../etc/passwd", b"x")]), "unsafe"),
    ],
)
def test_refuses(data: bytes, reason: str) -> None:
    with pytest.raises(BadDocument, match=reason):
        _read(data)


def test_what_claims_to_be_what() -> None:
    assert is_xdm(Archive(make_zip({"ihe_xdm/x": b""})))
    assert not is_xdm(Archive(make_zip({"holiday.jpg": b""})))
    assert is_cda(_NORMAL)
    assert is_cda(_NORMAL.decode().encode("utf-16"))
    assert not is_cda(b"<html/>")


def test_results_are_counted_over_all_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xdm, "MAX_RESULTS", 3)
    two = [make_cda(NORMAL, NORMAL, document_id=f"1.{number}") for number in range(2)]
    with pytest.raises(BadDocument, match="too large"):
        read_xdm(Archive(make_xdm(*two)))
