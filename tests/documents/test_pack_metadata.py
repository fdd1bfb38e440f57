"""The written metadata are read back to the letter."""

import pytest
from lxml import etree

from mssmail.documents.cda_header import Person
from mssmail.documents.metadata import parse_metadata
from mssmail.documents.pack_metadata import Entry, Submission, encode_metadata

_PERSON = Person("899900000011", "MARTIN", "Marie", "CHU <Nord>", "1990000010")


def _build(**values: object) -> Entry:
    known: dict[str, object] = {
        "uri": "DOC0001.XML", "sha1": "aa", "octets": 7, "created": "2026", "started": "2026", "ended": "2026",
        "language": "fr-FR", "title": "CR d'examens & \"plus\"", "unique_id": "1.2^3", "patient_id": "1^^^&1.2&ISO^NH",
        "source_patient_id": "", "patient_names": ("A^B^^^^^L",), "birthdate": "", "sex": "F", "type_code": "11502-2",
        "type_system": "", "type_display": "CR", "body_media_type": "", "confidentiality": "N", "authors": (_PERSON,),
        "authenticator": _PERSON, "replaces": "",
    }  # fmt: skip
    return Entry(**{**known, **values})  # type: ignore[arg-type]


def _encode(*entries: Entry) -> str:
    return encode_metadata(entries, Submission("2.25.1", "2.25.2", "20260310120000"))


def test_what_is_written_is_read_back() -> None:
    metadata = parse_metadata(_encode(_build(), _build(uri="DOC0002.XML")).encode())
    assert [entry.uri for entry in metadata.entries] == ["DOC0001.XML", "DOC0002.XML"]
    entry = metadata.entries[0]
    assert (entry.sha1, entry.size, entry.type_code, entry.unique_id) == ("aa", "7", "11502-2", "1.2^3")
    assert entry.patient_id == metadata.patient_id == "1^^^&1.2&ISO^NH"


def test_every_identifier_of_an_element_is_its_own() -> None:
    root = etree.fromstring(_encode(_build(), _build()).encode())
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    known = set(ids)
    for each in root.iter():
        for name in ("classifiedObject", "registryObject", "sourceObject", "targetObject"):
            assert each.get(name) is None or each.get(name) in known


@pytest.mark.parametrize(
    ("type_code", "media_type", "words"),
    [
        ("11502-2", "", ("urn:ihe:lab:xd-lab:2008", "Compte rendu")),
        ("18748-4", "application/pdf", ("urn:ihe:iti:xds-sd:pdf:2008", "Imagerie médicale")),
        ("60591-5", "text/plain", ("urn:ihe:iti:xds-sd:text:2008", "Synthèse")),
        ("PRESC-BIO", "", ("urn:ihe:iti:xds:2017:mimeTypeSufficient", "Prescription")),
    ],
)
def test_class_and_format_follow_from_type_and_body(type_code: str, media_type: str, words: tuple[str, ...]) -> None:
    written = _encode(_build(type_code=type_code, body_media_type=media_type))
    assert all(word in written for word in words)


def test_people_are_written_with_their_numbers_or_without() -> None:
    written = _encode(_build(authenticator=Person("", "DUPONT", "", "", ""), authors=(Person("", "", "", "", ""),)))
    assert "^DUPONT^^^^^^^^D" in written
    assert "authorPerson" not in written
    assert "899900000011^MARTIN^Marie^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS" in _encode(_build())
    assert "CHU &lt;Nord&gt;^^^^^&amp;1.2.250.1.71.4.2.2&amp;ISO^IDNST^^^1990000010" in _encode(_build())
