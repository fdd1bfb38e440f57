"""CDA R2 documents, level 1 and level 3: header, patient, author, results, mark."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from mssmail.core.findings import Mark
from mssmail.documents.cda_patient import HL7, INS_KINDS, Patient, read_patient
from mssmail.documents.cda_results import Result, read_results
from mssmail.documents.findings import NEUTRAL_CODES, Assessment, has_resistance, judge_document
from mssmail.documents.limits import MAX_LABELS
from mssmail.documents.xml import Element, find_path, iterate_path, parse_xml, read_attribute, read_text
from mssmail.errors import BadDocument

LABORATORY_REPORTS: Final = frozenset(("11502-2", "96173-0"))
_ROOT: Final = f"{{{HL7}}}ClinicalDocument"
_COMPONENT: Final = f"{{{HL7}}}component"
_SECTION: Final = f"{{{HL7}}}section"
_SCANNED_CODE, _SCANNED_TEMPLATE = "101792-0", "1.2.250.1.213.1.1.2.60"
_CALLING = (Assessment.CRITICAL, Assessment.ABNORMAL)


@dataclass(frozen=True)
class CdaDocument:
    """One document, read."""

    is_wrapped: bool  # inside a style sheet that shows it
    type_code: str | None
    type_display: str | None
    title: str | None
    document_id: str | None
    version: str | None
    replaces: str | None
    dated: str | None
    acted: str | None
    author: str | None
    level: int
    body_media_type: str | None
    patient: Patient
    has_several_patients: bool
    has_scanned_results: bool  # another laboratory's, attached as a picture
    results: tuple[Result, ...]

    @property
    def is_laboratory(self) -> bool:
        """A laboratory report or rapid test."""
        return self.type_code in LABORATORY_REPORTS

    @cached_property
    def mark(self) -> Mark:
        """What it calls for."""
        return judge_document(
            (result.assessment for result in self.results),
            is_laboratory=self.is_laboratory,
            has_scanned=self.has_scanned_results,
        )

    @property
    def loinc_codes(self) -> tuple[str, ...]:
        """Of the results, each once, sorted."""
        return tuple(sorted({result.code for result in self.results if result.is_loinc and result.code}))

    @property
    def labels(self) -> tuple[str, ...]:
        """Titles of the document's type and of its results, each once, as many as are of use to a search."""
        named = (self.type_display, *(result.label for result in self.results))
        return tuple(islice(dict.fromkeys(label for label in named if label), MAX_LABELS))

    @property
    def abnormal_codes(self) -> tuple[str, ...]:
        """Of the results that call for attention, in the document's order."""
        return tuple(result.code or "" for result in self.results if result.assessment in _CALLING)

    @property
    def has_resistance(self) -> bool:
        """An antibiogram names a drug that will not work."""
        return any(has_resistance(result.flags) for result in self.results)


def parse_cda(data: bytes, neutral: frozenset[str] = NEUTRAL_CODES) -> CdaDocument:
    """The document in these bytes; raises BadDocument."""
    root = parse_xml(data)
    document = find_document(root)
    return read_document(document, neutral, is_wrapped=document is not root)


def find_document(root: Element) -> Element:
    """The first ClinicalDocument, also inside a style sheet that shows it; raises BadDocument."""
    document = root if root.tag == _ROOT else next(root.iter(_ROOT), None)
    if document is None:
        raise BadDocument("no ClinicalDocument")
    return document


def read_document(
    document: Element, neutral: frozenset[str] = NEUTRAL_CODES, *, is_wrapped: bool = False
) -> CdaDocument:
    """What the element says; raises BadDocument when it says too much."""
    body = find_path(document, "component/structuredBody", HL7)
    unstructured = find_path(document, "component/nonXMLBody/text", HL7)
    code = find_path(document, "code", HL7)
    patients = [read_patient(role) for role in iterate_path(document, "recordTarget/patientRole", HL7)]
    return CdaDocument(
        is_wrapped=is_wrapped,
        type_code=read_attribute(code, "code"),
        type_display=read_attribute(code, "displayName"),
        title=read_text(find_path(document, "title", HL7)),
        document_id=_read_id(find_path(document, "id", HL7)),
        version=read_attribute(find_path(document, "versionNumber", HL7), "value"),
        replaces=_find_replaced(document),
        dated=read_attribute(find_path(document, "effectiveTime", HL7), "value"),
        acted=read_attribute(find_path(document, "documentationOf/serviceEvent/effectiveTime/low", HL7), "value"),
        author=_read_author(document),
        level=1 if body is None else 3,
        body_media_type=None if body is not None else read_attribute(unstructured, "mediaType"),
        patient=patients[0] if patients else Patient(),
        has_several_patients=_has_several(patients),
        has_scanned_results=body is not None and _has_scanned(body),
        results=() if body is None else read_results(body, neutral),
    )


def _read_id(element: Element | None) -> str | None:
    """``root``, or ``root^extension`` as in the metadata of an archive."""
    root, extension = read_attribute(element, "root"), read_attribute(element, "extension")
    return f"{root}^{extension}" if root and extension else root or extension


def _find_replaced(document: Element) -> str | None:
    for related in iterate_path(document, "relatedDocument", HL7):
        if related.get("typeCode") == "RPLC":
            return _read_id(find_path(related, "parentDocument/id", HL7))
    return None


def _read_author(document: Element) -> str | None:
    """The person, else the organisation, of the first author."""
    author = find_path(document, "author/assignedAuthor", HL7)
    name = find_path(author, "assignedPerson/name", HL7)
    given = [read_text(each) for each in iterate_path(name, "given", HL7)]
    family = [read_text(each) for each in iterate_path(name, "family", HL7)]
    person = " ".join(text for text in (*given, *family) if text) or read_text(name)
    return person or read_text(find_path(author, "representedOrganization/name", HL7))


def _has_several(patients: list[Patient]) -> bool:
    """Two record targets, or two numbers of one kind, that are not the same person's."""
    if len({patient.ins or patient.shown for patient in patients}) > 1:
        return True
    for oid in INS_KINDS:
        if len({value for patient in patients for root, value in patient.identifiers if root == oid}) > 1:
            return True
    return False


def _has_scanned(body: Element) -> bool:
    for section in _iterate_sections(body):
        templates = (read_attribute(each, "root") for each in iterate_path(section, "templateId", HL7))
        if read_attribute(find_path(section, "code", HL7), "code") == _SCANNED_CODE or _SCANNED_TEMPLATE in templates:
            return True
    return False


def _iterate_sections(body: Element) -> Iterator[Element]:
    """Chapters and their chapters: a section stands in a component of the body or of another section."""
    waiting = [body]
    while waiting:
        for component in waiting.pop().iterchildren(_COMPONENT):
            for section in component.iterchildren(_SECTION):
                yield section
                waiting.append(section)
