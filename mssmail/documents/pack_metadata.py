"""METADATA.XML as it is written: ebXML RIM 3.0, one submission set, one entry a document (IHE ITI TF-3, 4.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from mssmail.documents.cda_header import Person

LOINC: Final = "2.16.840.1.113883.6.1"
_CLASSES: Final = {"10": "Compte rendu", "11": "Synthèse", "31": "Imagerie médicale", "42": "Prescription"}
_CLASS_OF: Final = {
    "18748-4": "31",
    "34133-9": "11", "60591-5": "11", "SYNTH": "11",
    "57833-6": "42", "PRESC-BIO": "42",
}  # fmt: skip
_LABORATORY: Final = frozenset(("11502-2", "96173-0"))
_LEVEL_1: Final = {"application/pdf": "urn:ihe:iti:xds-sd:pdf:2008", "text/plain": "urn:ihe:iti:xds-sd:text:2008"}
_LAB_FORMAT: Final = "urn:ihe:lab:xd-lab:2008"
_BY_MEDIA_TYPE: Final = "urn:ihe:iti:xds:2017:mimeTypeSufficient"  # what IHE foresees where no format is named
_APPROVED: Final = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
_MAX_VALUE: Final = 256  # characters of one value in RIM 3.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One document."""

    uri: str
    sha1: str
    octets: int
    created: str
    started: str
    ended: str
    language: str
    title: str
    unique_id: str
    patient_id: str
    source_patient_id: str
    patient_names: tuple[str, ...]
    birthdate: str
    sex: str
    type_code: str
    type_system: str
    type_display: str
    body_media_type: str  # of level 1
    confidentiality: str
    authors: tuple[Person, ...]
    authenticator: Person | None
    replaces: str


@dataclass(frozen=True, slots=True)
class Submission:
    """The set."""

    unique_id: str
    source_id: str
    submitted: str


def encode_metadata(entries: Sequence[Entry], submission: Submission) -> str:
    """The document, for entries about one patient."""
    body = [_encode_set(entries[0], submission)]
    for number, entry in enumerate(entries, 1):
        body.append(_encode_entry(f"Document{number:02}", entry))
        body.append(
            f'<rim:Association id="as{number:02}" sourceObject="SubmissionSet01" targetObject="Document{number:02}"'
            ' associationType="urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember">'
            f"{_slot('SubmissionSetStatus', 'Original')}</rim:Association>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"'
        ' xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><rim:RegistryObjectList>\n'
        + "\n".join(body)
        + "\n</rim:RegistryObjectList></lcm:SubmitObjectsRequest>\n"
    )


def _encode_set(entry: Entry, submission: Submission) -> str:
    owner = "SubmissionSet01"
    inner = [
        _slot("submissionTime", submission.submitted),
        _name(entry.type_display),
        *_authors(owner, "a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d", entry.authors[:1]),
        _classify(owner, "aa543740-bdda-424e-8c96-df4873be8500", "07", "1.2.250.1.213.2.2", "Examen"),
        _identify(owner, "6b5aea1a-874d-4603-a4bc-96a0a7b38446", "XDSSubmissionSet.patientId", entry.patient_id),
        _identify(owner, "554ac39e-e3fe-47fe-b233-965d2a147832", "XDSSubmissionSet.sourceId", submission.source_id),
        _identify(owner, "96fdda7c-d067-4183-912e-bf5ee74998a8", "XDSSubmissionSet.uniqueId", submission.unique_id),
    ]
    return (
        f'<rim:RegistryPackage id="{owner}" status="{_APPROVED}">{"".join(inner)}</rim:RegistryPackage>\n'
        f'<rim:Classification id="cl-{owner}" classifiedObject="{owner}"'
        ' classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>'
    )


def _encode_entry(owner: str, entry: Entry) -> str:
    info = [f"PID-5|{name}" for name in entry.patient_names]
    info += [f"PID-{number}|{value}" for number, value in ((7, entry.birthdate), (8, entry.sex)) if value]
    inner = [
        _slot("creationTime", entry.created),
        _slot("hash", entry.sha1),
        _slot("size", str(entry.octets)),
        _slot("URI", entry.uri),
        _slot("languageCode", entry.language),
        _slot("serviceStartTime", entry.started),
        _slot("serviceStopTime", entry.ended),
        _slot("legalAuthenticator", _encode_person(entry.authenticator)),
        _slot("sourcePatientId", entry.source_patient_id or entry.patient_id),
        _slot("sourcePatientInfo", *info),
        _name(entry.title),
        *_authors(owner, "93606bcf-9494-43ec-9b4e-a7748d1a838d", entry.authors),
        *(_classify(owner, *each) for each in _list_codes(entry)),
        _identify(owner, "58a6f841-87b3-4a3e-92fd-a8ffeff98427", "XDSDocumentEntry.patientId", entry.patient_id),
        _identify(owner, "2e82c1f6-a085-4c72-9da3-8640a32e42ab", "XDSDocumentEntry.uniqueId", entry.unique_id),
    ]
    return (
        f'<rim:ExtrinsicObject id="{owner}" mimeType="text/xml" status="{_APPROVED}"'
        f' objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">{"".join(inner)}</rim:ExtrinsicObject>'
    )


def _list_codes(entry: Entry) -> Iterable[tuple[str, str, str, str]]:
    """Scheme, code, its system, its name."""
    of_class, of_format = _CLASS_OF.get(entry.type_code, "10"), _find_format(entry)
    yield "41a5887f-8865-4c09-adf7-e362475b143a", of_class, "1.2.250.1.213.1.1.4.1", _CLASSES[of_class]
    system = entry.type_system or LOINC
    yield "f0306f51-975f-434e-a61c-c59651d33983", entry.type_code, system, entry.type_display
    secrecy = entry.confidentiality
    yield "f4f85eac-e6cb-4883-b524-f2705394840f", secrecy, "2.16.840.1.113883.5.25", secrecy
    yield "a09d5840-386c-46f2-b5ad-9c3699a4309d", of_format, "1.3.6.1.4.1.19376.1.2.3", of_format


def _find_format(entry: Entry) -> str:
    if entry.body_media_type in _LEVEL_1:
        return _LEVEL_1[entry.body_media_type]
    return _LAB_FORMAT if entry.type_code in _LABORATORY else _BY_MEDIA_TYPE


def _slot(name: str, *values: str) -> str:
    given = [value[:_MAX_VALUE] for value in values if value]
    if not given:
        return ""
    listed = "".join(f"<rim:Value>{escape(value)}</rim:Value>" for value in given)
    return f'<rim:Slot name="{name}"><rim:ValueList>{listed}</rim:ValueList></rim:Slot>'


def _name(text: str) -> str:
    value = escape(text[:_MAX_VALUE])
    return f'<rim:Name><rim:LocalizedString xml:lang="fr-FR" charset="UTF-8" value="{value}"/></rim:Name>'


def _classify(owner: str, scheme: str, code: str, system: str, display: str) -> str:
    return (
        f'<rim:Classification id="{owner}-{scheme[:8]}" classificationScheme="urn:uuid:{scheme}"'
        f' classifiedObject="{owner}" nodeRepresentation="{escape(code)}">'
        f"{_slot('codingScheme', system)}{_name(display)}</rim:Classification>"
    )


def _identify(owner: str, scheme: str, name: str, value: str) -> str:
    return (
        f'<rim:ExternalIdentifier id="{owner}-{scheme[:8]}" identificationScheme="urn:uuid:{scheme}"'
        f' registryObject="{owner}" value="{escape(value)}">{_name(name)}</rim:ExternalIdentifier>'
    )


def _authors(owner: str, scheme: str, authors: Iterable[Person]) -> Iterable[str]:
    for number, each in enumerate(authors):
        structure = each.structure
        if structure and each.structure_number:
            structure += f"^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^{each.structure_number}"
        person = _encode_person(each)
        if person or structure:
            yield (
                f'<rim:Classification id="{owner}-author{number}" classificationScheme="urn:uuid:{scheme}"'
                f' classifiedObject="{owner}" nodeRepresentation="">'
                f"{_slot('authorPerson', person)}{_slot('authorInstitution', structure)}</rim:Classification>"
            )


def _encode_person(person: Person | None) -> str:
    """XCN: number, family and given name, and whose numbers these are."""
    if person is None or not (person.number or person.family):
        return ""
    kind = "&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS" if person.number else "^D"
    return f"{person.number}^{person.family}^{person.given}^^^^^^{kind}"
