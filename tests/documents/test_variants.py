"""Reports as French laboratories' software really writes them, and what each variant must be read as."""

import base64
import struct
import zipfile
from io import BytesIO

import pytest

from mssmail.core.findings import Mark
from mssmail.documents.cda import parse_cda
from mssmail.documents.findings import Assessment
from mssmail.documents.inspect import Reading, inspect_file
from tests.support.health import (
    CRITICAL,
    NORMAL,
    make_cda,
    make_entry,
    make_hprim,
    make_metadata,
    make_quantity,
    make_result,
    make_xdm,
    make_zip,
)

_READING = Reading(test_space=True)
_PLACE = "IHE_XDM/SUBSET01/"
_SNOMED = 'codeSystem="2.16.840.1.113883.6.96"'


def _assess(*results: str) -> list[str]:
    return [each.assessment.value for each in parse_cda(make_cda(*results)).results]


def _interval(low: str = "", high: str = "", unit: str = "mmol/L", flag: str = "") -> str:
    ends = "".join(f'<{end} value="{text}" unit="{unit}"/>' for end, text in (("low", low), ("high", high)) if text)
    mark = f'<interpretationCode code="{flag}"/>' if flag else ""
    value = f'<value xsi:type="IVL_PQ">{ends}</value>{mark}'
    return f"<referenceRange><observationRange>{value}</observationRange></referenceRange>"


@pytest.mark.parametrize(
    ("value", "flags", "assessment"),
    [
        ('<value xsi:type="PQ" value="6.9" unit="mmol/L"/>', ["HX"], "abnormal"),
        ('<value xsi:type="PQ" value="2.1" unit="mmol/L"/>', ["LX"], "abnormal"),
        ('<value xsi:type="PQ" value="6.9" unit="mmol/L"/>', ["AA"], "critical"),
        ('<value xsi:type="PQ" value="6.9" unit="mmol/L"/>', ["U", ">"], "abnormal"),
        ('<value xsi:type="PQ" nullFlavor="NA"/>', [], "unassessed"),
        ('<value xsi:type="PQ" value="6,9" unit="mmol/L"/>', [], "unassessed"),
        ('<value xsi:type="PQ" value="6.9"/>', [], "unassessed"),  # a missing unit is not the interval's
        ('<value xsi:type="PQ" value="6.9" unit="mEq/L"/>', [], "unassessed"),
        (
            '<value xsi:type="PQ" value="269" unit="mg/L"><translation value="6.9" unit="mmol/L"/></value>',
            [],
            "abnormal",
        ),
        (
            '<value xsi:type="PQ" value="164" unit="mg/L"><translation value="4.2" unit="mmol/L"/></value>',
            [],
            "unassessed",  # a conversion may call attention, never reassure
        ),
        ('<value xsi:type="IVL_PQ"><low value="6.0" unit="mmol/L" inclusive="false"/></value>', [], "abnormal"),
        ('<value xsi:type="IVL_PQ"><high value="1.0" unit="mmol/L"/></value>', [], "abnormal"),
        ('<value xsi:type="IVL_PQ"><high value="4.0" unit="mmol/L"/></value>', [], "unassessed"),
        ('<value xsi:type="ST">6,9 mmol/L</value>', [], "unassessed"),
        ('<value xsi:type="ST">&lt; 1,0 mg/L</value>', [], "unassessed"),
        ('<value xsi:type="ED">&lt;1.0 mg/L</value>', ["N"], "normal"),
        ('<value xsi:type="RTO"><numerator value="1"/><denominator value="160"/></value>', [], "unassessed"),
        (f'<value xsi:type="CD" code="10828004" {_SNOMED}/>', [], "abnormal"),
        (f'<value xsi:type="CO" code="260385009" {_SNOMED}/>', [], "normal"),
        (f'<value xsi:type="CD" code="373068000" {_SNOMED}/>', [], "unassessed"),
        (f'<value xsi:type="CD" nullFlavor="OTH"><translation code="260373001" {_SNOMED}/></value>', [], "abnormal"),
        ('<value xsi:type="CD"><originalText><reference value="#r1"/></originalText></value>', [], "unassessed"),
        ('<value xsi:type="BL" value="true"/>', [], "unassessed"),
        ("", [], "unassessed"),
        # R is a resistance, and some write it for "reactive": then the value shows it.
        (f'<value xsi:type="CD" code="11214006" {_SNOMED}/>', ["R"], "abnormal"),
        ('<value xsi:type="PQ" value="6.9" unit="mmol/L"/>', ["R"], "susceptibility"),  # beyond its breakpoint
        ('<value xsi:type="PQ" value="4.2" unit="mmol/L"/>', ["R"], "susceptibility"),
        (f'<value xsi:type="CD" code="260385009" {_SNOMED}/>', ["S"], "susceptibility"),
    ],
)
def test_a_value(value: str, flags: list[str], assessment: str) -> None:
    assert _assess(make_result(value=value, flags=flags)) == [assessment]


@pytest.mark.parametrize(
    ("ranges", "assessment"),
    [
        (_interval("3.5", "5.1") + _interval("3.0", "6.0"), "unassessed"),  # inside one, outside the other
        (_interval("3.5", "5.1") + _interval("3.0", "5.5"), "abnormal"),
        (_interval("3.5", "7") + _interval("3.0", "8"), "normal"),
        (_interval("5.2", "9", flag="H") + _interval("3.5", "5.1", flag="N"), "abnormal"),
        (_interval("5.2", "9", flag="H"), "unassessed"),
        (_interval("5.9", "5.9"), "unassessed"),
        (_interval("7", "3"), "unassessed"),
        (_interval(high="5.1"), "abnormal"),
        (_interval(low="3.5"), "normal"),
        (_interval("3.5", ""), "normal"),
        ("<referenceRange><observationRange><text>3.5 - 5.1</text></observationRange></referenceRange>", "unassessed"),
        ('<referenceRange nullFlavor="NA"/>', "unassessed"),
    ],
)
def test_a_reference(ranges: str, assessment: str) -> None:
    assert _assess(make_result(value=make_quantity("5.8"), low="", high="", more=ranges)) == [assessment]


def test_a_microbiology_report_with_an_isolate_and_its_antibiogram_is_for_a_person() -> None:
    lines = "".join(f"<component>{make_result('18862-3', '', [flag], '', '')}</component>" for flag in "RIS")
    isolate = (
        '<organizer classCode="CLUSTER"><specimen><specimenRole/></specimen>'
        f'<component><organizer classCode="BATTERY">{lines}</organizer></component></organizer>'
    )
    document = parse_cda(make_cda(isolate))
    assert [each.assessment for each in document.results] == [Assessment.SUSCEPTIBILITY] * 3
    assert (document.mark, document.has_resistance) == (Mark.UNASSESSED, True)
    assert parse_cda(make_cda(isolate, make_result(flags=["HH"]))).mark is Mark.CRITICAL


def test_specimens_and_panels_do_not_hide_results() -> None:
    panel = f'<organizer classCode="BATTERY"><specimen/><component>{CRITICAL}</component></organizer>'
    assert parse_cda(make_cda(panel, NORMAL)).mark is Mark.CRITICAL


@pytest.mark.parametrize(("code", "mark"), [("11502-2", Mark.UNASSESSED), ("18748-4", Mark.NONE)])
def test_level_1_with_a_pdf_says_nothing_of_normal(code: str, mark: Mark) -> None:
    pdf = base64.encodebytes(b"%PDF-1.4 invented").decode()
    body = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{pdf}</text></nonXMLBody>'
    inspection = inspect_file(make_xdm(make_cda(code=code, body=body)), "IHE_XDM.zip", _READING)
    assert (inspection.mark, inspection.fileable) == (mark, True)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252", "utf-8-sig"])
def test_documents_in_other_encodings_are_read(encoding: str) -> None:
    declared = {"utf-16-le": "utf-16", "utf-16-be": "utf-16", "utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = make_cda(CRITICAL, family="ÉLOÏSE").decode().replace('encoding="UTF-8"', f'encoding="{declared}"')
    document = parse_cda(text.encode(encoding))
    assert (document.mark, document.patient.birth_family) == (Mark.CRITICAL, "ÉLOÏSE")


def test_several_submission_sets_of_one_patient_are_all_read() -> None:
    files: dict[str, bytes] = {}
    for number, result in enumerate((NORMAL, CRITICAL), 1):
        cda = make_cda(result, document_id=f"1.2.{number}")
        files |= {f"IHE_XDM/SUBSET0{number}/METADATA.XML": make_metadata(make_entry("DOC0001.XML", cda))}
        files |= {f"IHE_XDM/SUBSET0{number}/DOC0001.XML": cda}
    inspection = inspect_file(make_zip(files), "a.zip", _READING)
    assert (inspection.mark, inspection.fileable, len(inspection.cda_documents)) == (Mark.CRITICAL, True, 2)


@pytest.mark.parametrize("result", [NORMAL, CRITICAL])
def test_an_archive_of_two_patients_is_never_normal_and_never_filed(result: str) -> None:
    other = make_cda(result, ins="187037512345631", document_id="9")
    patient = "187037512345631^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH"
    own = make_cda(NORMAL)
    entries = [make_entry("DOC0001.XML", own), make_entry("DOC0002.XML", other, patient_id=patient)]
    inspection = inspect_file(make_xdm(own, other, entries=entries), "a.zip", _READING)
    assert inspection.mark is (Mark.CRITICAL if result == CRITICAL else Mark.REJECTED)
    assert not inspection.fileable


@pytest.mark.parametrize(("sha1", "size"), [("0" * 40, None), (None, "1"), ("", None), (None, "")])
def test_wrong_or_missing_hash_and_size_are_never_filed(sha1: str | None, size: str | None) -> None:
    cda = make_cda(NORMAL)
    entry = make_entry("DOC0001.XML", cda, sha1=sha1, size=size)
    inspection = inspect_file(make_xdm(cda, entries=[entry]), "a.zip", _READING)
    assert not inspection.fileable
    assert inspection.mark is (Mark.NORMAL if "" in (sha1, size) else Mark.REJECTED)


@pytest.mark.parametrize("flag", ["N", ""])
def test_an_hprim_file_of_two_patients_is_never_normal(flag: str) -> None:
    line = f"RES|K|K|N|4,2|mmol/l|3,5|5,1|{flag}|F"
    two = make_hprim(line) + make_hprim(line, family="AUTRE", nir="187037512345631")
    inspection = inspect_file(two.encode(), "a.hpr", _READING)
    assert (inspection.mark, inspection.fileable) == (Mark.REJECTED, False)
    grave = two.replace("4,2", "6,9").replace("|N|F", "|HH|F")
    assert inspect_file(grave.encode(), "a.hpr", _READING).mark in {Mark.CRITICAL, Mark.ABNORMAL}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16"])
def test_hprim_is_read_whatever_its_line_ends_and_charset(end: str, encoding: str) -> None:
    text = make_hprim("RES|Kaliémie|K|N|6,9|mmol/l|3,5|5,1|HH|F", family="FICTIVÉ").replace("\r\n", end)
    record = inspect_file(text.encode(encoding), "a.hpr", _READING).content.records[0]  # type: ignore[union-attr]
    assert record.results[0].assessment is Assessment.CRITICAL
    assert record.patient.birthdate == "15/03/1979"


def _patch_zip(archive: bytes, offset_local: int, offset_central: int, value: int) -> bytes:
    """Set a 16-bit field of every local header and central record."""
    data = bytearray(archive)
    for mark, offset in ((b"PK\x03\x04", offset_local), (b"PK\x01\x02", offset_central)):
        place = data.find(mark)
        while place >= 0:
            struct.pack_into("<H", data, place + offset, value)
            place = data.find(mark, place + 4)
    return bytes(data)


@pytest.mark.parametrize(
    ("offsets", "value"),
    [((6, 8), 0x1), ((6, 8), 0x41), ((8, 10), 9), ((8, 10), 12), ((8, 10), 14), ((8, 10), 99)],
    ids=["encrypted", "strongly encrypted", "deflate64", "bzip2", "lzma", "unknown"],
)
def test_archives_that_ordinary_software_cannot_open_are_rejected(offsets: tuple[int, int], value: int) -> None:
    archive = _patch_zip(make_xdm(make_cda(CRITICAL)), *offsets, value)
    inspection = inspect_file(archive, "IHE_XDM.zip", _READING)
    assert (inspection.mark, inspection.fileable) == (Mark.REJECTED, False)


def test_zip64_is_read_like_any_other() -> None:
    cda, out = make_cda(CRITICAL), BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("METADATA.XML", make_metadata(make_entry("DOC0001.XML", cda))), ("DOC0001.XML", cda)):
            with archive.open(_PLACE + name, "w", force_zip64=True) as entry:
                entry.write(content)
    inspection = inspect_file(out.getvalue(), "IHE_XDM.zip", _READING)
    assert (inspection.mark, inspection.fileable) == (Mark.CRITICAL, True)
