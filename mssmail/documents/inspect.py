"""One document or archive, whatever it is: read, judged, and never an exception."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from mssmail.core.findings import DocumentFacts, Mark
from mssmail.documents.archive import Archive
from mssmail.documents.cda import CdaDocument, parse_cda
from mssmail.documents.findings import NEUTRAL_CODES
from mssmail.documents.glance import HPRIM_ENDINGS, XML_STARTS, ZIP_STARTS, DocumentKind
from mssmail.documents.hprim import HprimFile, parse_hprim
from mssmail.documents.hprim_sante import is_hprim_sante, parse_hprim_sante
from mssmail.documents.xdm import XdmArchive, read_xdm
from mssmail.errors import BadDocument

_CALLING = (Mark.CRITICAL, Mark.ABNORMAL)


@dataclass(frozen=True, slots=True)
class Reading:
    """How documents are read here."""

    neutral: frozenset[str] = NEUTRAL_CODES  # LOINC codes whose outcome carries no alarm by itself
    test_space: bool = False  # test and demonstration INS count as qualified


@dataclass(frozen=True)
class Inspection:
    """What one file holds. ``content`` is None when it could not be read; then ``reason`` says why."""

    kind: DocumentKind
    name: str
    data: bytes = field(repr=False)
    content: CdaDocument | XdmArchive | HprimFile | None
    reason: str = ""

    @cached_property
    def sha256(self) -> str:
        """Of the file, in hex; only reports for people name it."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def mark(self) -> Mark:
        """What it calls for; of what speaks of several patients never that all is well: look for yourself."""
        if self.content is None:
            return Mark.REJECTED
        mark = self.content.mark
        return Mark.REJECTED if mark not in _CALLING and self._has_several_patients else mark

    @property
    def _has_several_patients(self) -> bool:
        match self.content:
            case CdaDocument() | XdmArchive():
                return self.content.has_several_patients
            case HprimFile():
                return self.content.distinct_patients > 1
            case None:
                return False

    @property
    def doubt(self) -> str:
        """Why it may not be filed without a person; empty when it may."""
        match self.content:
            case None:
                return self.reason
            case CdaDocument():
                return "several patients" if self.content.has_several_patients else ""
            case _:
                return self.content.doubt

    @property
    def fileable(self) -> bool:
        """Software may file it: everything in it was read and nothing contradicts anything else."""
        return self.mark is not Mark.REJECTED and not self.doubt

    @property
    def patients(self) -> frozenset[str]:
        """Who it is about: an INS or NIR, else names and birth date."""
        match self.content:
            case CdaDocument():
                return frozenset({self.content.patient.ins or self.content.patient.shown} - {""})
            case XdmArchive():
                return self.content.patients
            case HprimFile():
                persons = (record.patient for record in self.content.records)
                return frozenset({"".join(each.nir.split()) or each.shown for each in persons} - {""})
            case None:
                return frozenset()

    @property
    def cda_documents(self) -> tuple[CdaDocument, ...]:
        """The CDA documents in it that could be read."""
        match self.content:
            case CdaDocument():
                return (self.content,)
            case XdmArchive():
                return self.content.documents
            case _:
                return ()


def find_kind(name: str, start: bytes) -> DocumentKind:
    """By its first bytes, else by its name; what looks like nothing else is tried as HPRIM text."""
    lower = name.lower()
    if start.startswith(ZIP_STARTS) or lower.endswith(".zip"):
        return DocumentKind.XDM
    if lower.endswith(HPRIM_ENDINGS):
        return DocumentKind.HPRIM
    if start.lstrip().startswith(XML_STARTS) or lower.endswith(".xml"):
        return DocumentKind.CDA
    return DocumentKind.HPRIM


def inspect_file(data: bytes, name: str, reading: Reading) -> Inspection:
    """Read a file of any kind."""
    return inspect_document(data, name, find_kind(name, data[:64]), reading)


def inspect_document(data: bytes, name: str, kind: DocumentKind, reading: Reading) -> Inspection:
    """Read a document of a known kind."""
    content: CdaDocument | XdmArchive | HprimFile | None = None
    reason = ""
    try:
        match kind:
            case DocumentKind.XDM:
                content = read_xdm(Archive(data), reading.neutral)
                reason = content.fault
            case DocumentKind.CDA:
                content = parse_cda(data, reading.neutral)
            case DocumentKind.HPRIM:
                parse = parse_hprim_sante if is_hprim_sante(data) else parse_hprim
                content = parse(data, reading.neutral)
    except BadDocument as bad:
        reason = str(bad)
    return Inspection(kind, name, data, content, reason)


def list_facts(inspection: Inspection, reading: Reading) -> tuple[DocumentFacts, ...]:
    """The rows this file becomes: one a document, or one that says why there is none."""
    match inspection.content:
        case CdaDocument():
            return (_describe_cda(inspection.content, inspection, inspection.name, reading),)
        case XdmArchive():
            rows = [
                _describe_cda(each.document, inspection, each.entry.uri, reading)
                if each.document is not None
                else _describe_other(each.entry.uri, each.entry.media_type or "", each.mark, inspection)
                for each in inspection.content.packed
            ]
            return tuple(rows) or (_describe_other(inspection.name, "xdm", inspection.mark, inspection),)
        case HprimFile():
            return tuple(
                DocumentFacts(
                    kind="hprim",
                    name=inspection.name,
                    mark=record.mark,
                    fileable=inspection.fileable,
                    reason=inspection.doubt,
                    document_id=record.report_number,
                    dated=record.date,
                    author=record.sender,
                    patient=record.patient.names,
                    birthdate=record.patient.birthdate,
                    labels=record.labels,
                )
                for record in inspection.content.records
            )
        case None:
            return (_describe_other(inspection.name, inspection.kind.value, Mark.REJECTED, inspection),)


def _describe_other(name: str, kind: str, mark: Mark, inspection: Inspection) -> DocumentFacts:
    return DocumentFacts(kind, name, mark, inspection.fileable, inspection.doubt)


def _describe_cda(document: CdaDocument, inspection: Inspection, name: str, reading: Reading) -> DocumentFacts:
    return DocumentFacts(
        kind="cda",
        name=name,
        mark=document.mark,
        fileable=inspection.fileable,
        reason=inspection.doubt,
        document_id=document.document_id or "",
        type_code=document.type_code or "",
        title=document.title or document.type_display or "",
        dated=document.acted or document.dated or "",
        author=document.author or "",
        patient=document.patient.names,
        birthdate=document.patient.birthdate or "",
        ins=document.patient.ins or "",
        ins_is_qualified=document.patient.is_qualified(test_space=reading.test_space),
        loinc_codes=document.loinc_codes,
        replaces=document.replaces or "",
        labels=document.labels,
    )
