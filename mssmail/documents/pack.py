"""Packing CDA documents into an IHE XDM archive, as the French reference asks for it (ECO.2.1).

What is written about a document is read from the document; what it does not say is not invented.
"""

import hashlib
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from typing import Final

from mssmail.core.birthdate import parse_birthdate
from mssmail.core.composition import normalise_text
from mssmail.documents.archive import Archive
from mssmail.documents.cda import CdaDocument, find_document, read_document
from mssmail.documents.cda_header import CdaHeader, read_header
from mssmail.documents.pack_metadata import Entry, Submission, encode_metadata
from mssmail.documents.xdm import read_xdm
from mssmail.documents.xml import parse_xml
from mssmail.errors import BadDocument

_FOLDER: Final = "IHE_XDM/SUBSET01/"
_MARKER: Final = "XDM/1.0/DDM"
_MAX_LABEL: Final = 40
MAX_DOCUMENTS: Final = 99
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TIME = re.compile(r"(\d{4}(?:\d\d){0,5})(?:\.\d+)?([+-]\d{4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Package:
    """The archive, and what the message that carries it says of it."""

    archive: bytes
    subject: str
    codes: str  # X-MSS-CODECDA
    is_qualified: bool  # X-MSS-INS
    pdf_names: tuple[str, ...]  # one a document (ECO.2.1.6)
    embedded_pdfs: tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who packs: shown in README.TXT, and an OID of its own for the metadata."""

    name: str
    software: str
    source_oid: str


def pack_documents(
    contents: Sequence[bytes], sender: Sender, set_oid: str, at: datetime, *, test_space: bool
) -> Package:
    """An archive of these CDA documents about one patient. ``set_oid`` names this submission and no other.

    Raises BadDocument, naming the document by its number, when one cannot be read, names no patient, or another one.
    """
    if not 0 < len(contents) <= MAX_DOCUMENTS:
        raise BadDocument(f"1 to {MAX_DOCUMENTS} documents go into an archive")
    read = [_read(content, number) for number, content in enumerate(contents, 1)]
    _require_one_patient([document for document, _ in read])
    entries = [
        _build_entry(number, content, document, header)
        for number, (content, (document, header)) in enumerate(zip(contents, read, strict=True), 1)
    ]
    archive = _zip(contents, entries, sender, Submission(set_oid, sender.source_oid, _write_time(at)))
    _check(archive, len(contents))
    documents = [document for document, _ in read]
    return Package(
        archive,
        build_subject(documents),
        ",".join(document.type_code or "" for document in documents),
        any(document.patient.is_qualified(test_space=test_space) for document in documents),
        tuple(_name_pdf(document) for document in documents),
        tuple(header.embedded_pdf for _, header in read),
    )


def _read(content: bytes, number: int) -> tuple[CdaDocument, CdaHeader]:
    try:
        root = parse_xml(content)
        found = find_document(root)
        document = read_document(found, is_wrapped=found is not root)
    except BadDocument as bad:
        raise BadDocument(f"document {number}: {bad}") from bad
    wanted: dict[str, object] = {"document id": document.document_id, "type code": document.type_code}
    wanted |= {"patient's identifier": document.patient.identifiers, "patient's name": document.patient.names}
    for name, value in wanted.items():
        if not value:
            raise BadDocument(f"document {number}: it has no {name}")
    return document, read_header(found)


def _require_one_patient(documents: Sequence[CdaDocument]) -> None:
    first = documents[0].patient
    for number, document in enumerate(documents, 1):
        patient = document.patient
        is_same = (
            patient.ins == first.ins if patient.ins and first.ins else set(patient.identifiers) & set(first.identifiers)
        )
        if document.has_several_patients or not is_same:
            raise BadDocument(
                f"document {number}: it is about another patient than the first; one message, one patient"
            )
    if len({document.document_id for document in documents}) < len(documents):
        raise BadDocument("two documents have the same id")


def _build_entry(number: int, content: bytes, document: CdaDocument, header: CdaHeader) -> Entry:
    patient = document.patient
    local = next(((root, value) for root, value in patient.identifiers if root != patient.ins_oid), None)
    main = (patient.ins_oid, patient.ins) if patient.ins and patient.ins_oid else local or patient.identifiers[0]
    given = patient.first_birth_given or ""
    names = [f"{patient.birth_family or patient.used_family or ''}^{given}^^^^^L"]
    if patient.used_family and patient.used_family != patient.birth_family:
        names.append(f"{patient.used_family}^{given}^^^^^D")
    acted = _normalise_time(header.started or document.dated or "")
    return Entry(
        uri=f"DOC{number:04}.XML",
        sha1=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        octets=len(content),
        created=_normalise_time(document.dated or ""),
        started=acted,
        ended=_normalise_time(header.ended) or acted,
        language=header.language or "fr-FR",
        title=document.title or document.type_display or document.type_code or "",
        unique_id=document.document_id or "",
        patient_id=f"{main[1]}^^^&{main[0]}&ISO^{'NH' if patient.ins else 'PI'}",
        source_patient_id="" if local is None else f"{local[1]}^^^&{local[0]}&ISO^PI",
        patient_names=tuple(names),
        birthdate=(patient.birthdate or "")[:8],
        sex=patient.sex or "",
        type_code=document.type_code or "",
        type_system=header.type_system,
        type_display=document.type_display or document.title or "",
        body_media_type=document.body_media_type or "",
        confidentiality=header.confidentiality or "N",
        authors=header.authors,
        authenticator=header.authenticator,
        replaces=document.replaces or "",
    )


def _normalise_time(text: str) -> str:
    """HL7 TS as UTC; only a time that has minutes can be moved."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return ""
    digits, zone = match[1], match[2]
    if zone is None or len(digits) < 12:
        return digits
    try:
        moment = datetime.strptime(f"{digits[:12]}{zone}", "%Y%m%d%H%M%z")
    except ValueError:
        return ""
    return f"{moment.astimezone(UTC):%Y%m%d%H%M}{digits[12:14]}"


def _write_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}"


def build_subject(documents: Sequence[CdaDocument]) -> str:
    """``XDM/1.0/DDM+`` with label, names without accents, and date of birth (ECO.2.1.3)."""
    document = documents[0]
    label = f"{len(documents)} documents"
    if len(documents) == 1:
        label = (document.type_display or document.title or document.type_code or "")[:_MAX_LABEL].strip()
    patient = document.patient
    family = strip_accents(patient.birth_family or patient.used_family or "").upper()
    parts = [label, family, strip_accents(patient.first_birth_given or "")]
    day = parse_birthdate(patient.birthdate or "", 9999)
    return f"{_MARKER}+" + " ".join(part for part in (*parts, f"{day:%d/%m/%Y}" if day else "") if part)


def strip_accents(text: str) -> str:
    """Letters without their marks."""
    return "".join(each for each in normalise_text("NFD", text) if not unicodedata.combining(each))


def _name_pdf(document: CdaDocument) -> str:
    patient = document.patient
    day = (document.acted or document.dated or "")[:8]
    label = (document.type_display or document.title or document.type_code or "document")[:_MAX_LABEL]
    parts = [day, label, patient.birth_family or patient.used_family or "", patient.first_birth_given or ""]
    safe = (re.sub(r"[^A-Za-z0-9.-]+", "-", strip_accents(part)).strip("-") for part in parts)
    return "_".join(part for part in safe if part) + ".pdf"


def _zip(contents: Sequence[bytes], entries: Sequence[Entry], sender: Sender, submission: Submission) -> bytes:
    files = {
        "INDEX.HTM": _build_index(entries, sender),
        "README.TXT": f"Emetteur : {sender.name}\r\nLogiciel : {sender.software}\r\n\r\n"
        "INDEX.HTM                      page d'accueil\r\n"
        "IHE_XDM/SUBSET01/METADATA.XML  description des documents\r\n"
        "IHE_XDM/SUBSET01/DOCnnnn.XML   documents CDA R2\r\n",
        _FOLDER + "METADATA.XML": encode_metadata(entries, submission),
    }
    packed = {name: text.encode() for name, text in files.items()}
    packed |= {_FOLDER + entry.uri: content for entry, content in zip(entries, contents, strict=True)}
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in packed.items():  # the same bytes make the same archive: no time of packing in it
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _build_index(entries: Sequence[Entry], sender: Sender) -> str:
    rows = "".join(f'<li><a href="{_FOLDER}{each.uri}">{each.uri}</a> {escape(each.title)}</li>' for each in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.0//EN"'
        ' "http://www.w3.org/TR/xhtml-basic/xhtml-basic10.dtd">\r\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr"><head><title>IHE XDM</title></head><body>'
        f'<h1>{escape(sender.name)}</h1><ul>{rows}</ul><p><a href="README.TXT">README.TXT</a></p></body></html>\r\n'
    )


def _check(archive: bytes, count: int) -> None:
    """Our own reader has the last word."""
    found = read_xdm(Archive(archive))
    if found.doubt or found.warnings or len(found.documents) != count:
        raise BadDocument(found.doubt or "; ".join(found.warnings) or "a document was lost in packing")
