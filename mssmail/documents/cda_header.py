"""What the header of a CDA document tells beside its patient and type: what an archive's metadata repeat of it."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from mssmail.documents.cda_patient import HL7
from mssmail.documents.xml import Element, find_path, iterate_path, read_attribute, read_text

_EMBEDDED = (f"{{{HL7}}}text", f"{{{HL7}}}value")
_PROFESSIONALS, _STRUCTURES = "1.2.250.1.71.4.2.1", "1.2.250.1.71.4.2.2"


@dataclass(frozen=True, slots=True)
class Person:
    """An author or authenticator, with the structure the document is from."""

    number: str  # 8 and RPPS, 0 and ADELI; empty when only a name is given
    family: str
    given: str
    structure: str
    structure_number: str  # 1 and FINESS, 3 and SIRET


@dataclass(frozen=True, slots=True)
class CdaHeader:
    """As the document writes it; empty: absent."""

    type_system: str
    language: str
    confidentiality: str
    started: str  # of the act
    ended: str
    authors: tuple[Person, ...]
    authenticator: Person | None
    embedded_pdf: bytes | None  # the document itself at level 1, its readable copy at level 3


def read_header(document: Element) -> CdaHeader:
    """The header of a ClinicalDocument."""
    act = find_path(document, "documentationOf/serviceEvent/effectiveTime", HL7)
    authenticator = find_path(document, "legalAuthenticator/assignedEntity", HL7)
    return CdaHeader(
        type_system=read_attribute(find_path(document, "code", HL7), "codeSystem") or "",
        language=read_attribute(find_path(document, "languageCode", HL7), "code") or "",
        confidentiality=read_attribute(find_path(document, "confidentialityCode", HL7), "code") or "",
        started=read_attribute(find_path(act, "low", HL7), "value") or "",
        ended=read_attribute(find_path(act, "high", HL7), "value") or "",
        authors=tuple(_read_person(each) for each in iterate_path(document, "author/assignedAuthor", HL7)),
        authenticator=None if authenticator is None else _read_person(authenticator),
        embedded_pdf=next(_iterate_pdfs(document), None),
    )


def _read_person(assigned: Element) -> Person:
    name = find_path(assigned, "assignedPerson/name", HL7)
    structure = find_path(assigned, "representedOrganization", HL7)
    return Person(
        number=_find_number(assigned, _PROFESSIONALS),
        family=read_text(find_path(name, "family", HL7)) or "",
        given=read_text(find_path(name, "given", HL7)) or "",
        structure=read_text(find_path(structure, "name", HL7)) or "",
        structure_number="" if structure is None else _find_number(structure, _STRUCTURES),
    )


def _find_number(element: Element, root: str) -> str:
    for each in iterate_path(element, "id", HL7):
        if read_attribute(each, "root") == root:
            return read_attribute(each, "extension") or ""
    return ""


def _iterate_pdfs(document: Element) -> Iterator[bytes]:
    for element in document.iter(*_EMBEDDED):
        is_pdf = (element.get("mediaType") or "").lower() == "application/pdf"
        if not is_pdf or (element.get("representation") or "").upper() != "B64":
            continue
        try:
            content = base64.b64decode("".join((element.text or "").split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        if content.startswith(b"%PDF"):
            yield content
