"""What we pack, our own reader and the rules of the format accept."""

import hashlib
import zipfile
from datetime import UTC, datetime
from io import BytesIO

import pytest

from mssmail.core.findings import Mark
from mssmail.documents.cda import parse_cda
from mssmail.documents.inspect import Reading, inspect_file
from mssmail.documents.pack import Sender, build_subject, pack_documents
from mssmail.documents.report import encode_inspection
from mssmail.documents.xdm import XdmArchive
from mssmail.errors import BadDocument
from tests.support.health import CRITICAL, INS, NORMAL, TEST_OID, make_cda
from tests.support.shared import shared_file

_AT = datetime(2026, 3, 10, 12, 0, 5, tzinfo=UTC)
_SENDER = Sender("Laboratoire <Nord> & Cie", "mssmail", "2.25.7")
_CDA = make_cda(CRITICAL)


def _pack(*contents: bytes) -> bytes:
    return pack_documents(contents, _SENDER, "2.25.99", _AT, test_space=True).archive


def _read(archive: bytes) -> XdmArchive:
    content = inspect_file(archive, "IHE_XDM.zip", Reading(test_space=True)).content
    assert isinstance(content, XdmArchive)
    return content


def test_a_document_is_packed_so_that_software_may_file_it() -> None:
    package = pack_documents([_CDA], _SENDER, "2.25.99", _AT, test_space=True)
    inspection = inspect_file(package.archive, "IHE_XDM.zip", Reading(test_space=True))
    assert (inspection.mark, inspection.fileable, inspection.doubt) == (Mark.CRITICAL, True, "")
    [packed] = _read(package.archive).packed
    assert packed.entry.patient_id == f"{INS}^^^&{TEST_OID}&ISO^NH"
    assert (packed.entry.unique_id, packed.entry.type_code) == ("1.2.3.4.1", "11502-2")
    assert (packed.entry.sha1, packed.entry.size) == (hashlib.sha1(_CDA).hexdigest(), str(len(_CDA)))
    assert (package.codes, package.is_qualified) == ("11502-2", True)
    assert package.pdf_names == ("20260310_Compte-rendu_FICTIF_ALICE.pdf",)
    shown = encode_inspection(inspection, Reading(test_space=True))
    assert (shown["x_mss_codecda"], shown["x_mss_ins"]) == (package.codes, "O")


def test_the_archive_has_the_shape_of_the_profile_and_holds_no_time_of_packing() -> None:
    archive = _pack(_CDA)
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        names = opened.namelist()
        assert opened.read("IHE_XDM/SUBSET01/DOC0001.XML") == _CDA
        index, metadata = opened.read("INDEX.HTM"), opened.read("IHE_XDM/SUBSET01/METADATA.XML").decode()
    assert names == ["INDEX.HTM", "README.TXT", "IHE_XDM/SUBSET01/METADATA.XML", "IHE_XDM/SUBSET01/DOC0001.XML"]
    assert b"Laboratoire &lt;Nord&gt; &amp; Cie" in index
    assert archive == _pack(_CDA)
    for words in (
        "<rim:Value>20260310110000</rim:Value>",  # of 12:00 at +0100
        "PID-5|FICTIF^ALICE^^^^^L",
        "PID-7|19790315",
        "PID-8|F",
        "IPP-7^^^&amp;1.2.3.4.5&amp;ISO^PI",
        "BIOLOGISTE",
        'nodeRepresentation="urn:ihe:lab:xd-lab:2008"',
        'value="2.25.99"',
        'value="2.25.7"',
        "<rim:Value>20260310120005</rim:Value>",
    ):
        assert words in metadata


def test_several_documents_of_one_patient_go_together() -> None:
    second = make_cda(NORMAL, document_id="1.2.3.4.2", code="34112-3")
    package = pack_documents([_CDA, second], _SENDER, "2.25.99", _AT, test_space=True)
    assert [each.entry.uri for each in _read(package.archive).packed] == ["DOC0001.XML", "DOC0002.XML"]
    assert package.codes == "11502-2,34112-3"
    assert package.subject == "XDM/1.0/DDM+2 documents FICTIF ALICE 15/03/1979"


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ([], "1 to 99"),
        ([b"%PDF"], "document 1: not well-formed XML"),
        ([_CDA, b"<a/>"], "document 2: no ClinicalDocument"),
        ([_CDA, make_cda(NORMAL, ins="187037512345631", document_id="9")], "document 2: it is about another patient"),
        ([_CDA, _CDA], "the same id"),
        ([_CDA.replace(b"<id root", b"<ID root")], "no document id"),
        ([_CDA.replace(b'<code code="11502-2"', b"<code")], "no type code"),
        ([_CDA.replace(b"<id extension", b"<ID extension")], "no patient's identifier"),
        ([_CDA.replace(b"FICTIF", b"").replace(b"ALICE MARIE", b"").replace(b"ALICE", b"")], "no patient's name"),
    ],
)
def test_what_cannot_be_packed_is_said_with_its_number(contents: list[bytes], words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        _pack(*contents)


def test_a_patient_without_ins_is_known_by_the_local_number_and_never_qualified() -> None:
    cda = make_cda(NORMAL, oid="1.2.250.1.213.1.4.13")
    package = pack_documents([cda], _SENDER, "2.25.99", _AT, test_space=True)
    [packed] = _read(package.archive).packed
    assert packed.entry.patient_id.endswith("&ISO^PI")
    assert not package.is_qualified


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        ("", "", "XDM/1.0/DDM+Compte rendu FICTIF ALICE 15/03/1979"),
        ("FICTIF", "Éloïse-Noël", "XDM/1.0/DDM+Compte rendu ELOISE-NOEL ALICE 15/03/1979"),
        ("19790315", "1979", "XDM/1.0/DDM+Compte rendu FICTIF ALICE"),
        ("Compte rendu", "x" * 50, "XDM/1.0/DDM+" + "x" * 40 + " FICTIF ALICE 15/03/1979"),
    ],
)
def test_the_subject_is_the_references(old: str, new: str, subject: str) -> None:
    cda = _CDA.decode().replace(old, new) if old else _CDA.decode()
    assert build_subject([parse_cda(cda.encode())]) == subject


@pytest.mark.parametrize("place", ["ans", "synthetic", "hl7"])
def test_what_others_publish_is_packed_and_marked_as_before(place: str) -> None:
    folder = shared_file("data", "health", place)
    told: list[str] = []
    for path in sorted(folder.glob("*.xml")):
        data = path.read_bytes()
        before = inspect_file(data, path.name, Reading())
        if before.content is None:
            continue
        try:
            archive = _pack(data)
        except BadDocument as bad:
            told.append(str(bad))
            continue
        assert inspect_file(archive, "IHE_XDM.zip", Reading()).mark is before.mark, path.name
    assert told == []
