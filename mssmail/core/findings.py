"""What reading the health documents of a message found: values, made by ``documents``, judged by ``policy.marking``."""

from dataclasses import dataclass, field
from enum import Enum


class Mark(Enum):
    """What a document, or all of a message, calls for. The order of the members is that of severity."""

    CRITICAL = "critical"  # the laboratory says: alert
    ABNORMAL = "abnormal"
    REJECTED = "rejected"  # could not be read, or contradicts itself: look for yourself
    UNASSESSED = "unassessed"  # nobody has said, and it is not computable; by no means normal
    NORMAL = "normal"
    NONE = "none"  # a document without results


_SEVERITY = {mark: number for number, mark in enumerate(Mark)}


def find_gravest(marks: list[Mark], default: Mark = Mark.NONE) -> Mark:
    """The most severe of these marks."""
    return min(marks, key=_SEVERITY.__getitem__, default=default)


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """One document as rows and searches know it. The text fields are personal health data: never in a log."""

    kind: str  # cda, hprim, or the media type of another document of an archive
    name: str
    mark: Mark
    fileable: bool
    reason: str = ""  # why it was rejected or may not be filed
    document_id: str = ""
    type_code: str = ""
    title: str = ""
    dated: str = ""  # as the document writes it
    author: str = ""
    patient: str = ""  # names, for people
    birthdate: str = ""  # as the document writes it
    ins: str = ""
    ins_is_qualified: bool = False
    loinc_codes: tuple[str, ...] = ()
    replaces: str = ""
    labels: tuple[str, ...] = ()  # titles of the document's type and of what was measured


@dataclass(frozen=True, slots=True)
class MssFields:
    """The X-MSS fields of a message, as its sender's software declared them; empty: absent."""

    code_cda: str = ""
    ins: str = ""
    nil: str = ""
    mes: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """All documents of one message."""

    mark: Mark = Mark.NONE
    fileable: bool = False
    documents: tuple[DocumentFacts, ...] = ()
    declared: MssFields = field(default_factory=MssFields)
    inconsistencies: tuple[str, ...] = ()  # where the X-MSS fields say something else than the content

    @property
    def has_documents(self) -> bool:
        """There is something to read, or something that should have been."""
        return bool(self.documents)


NO_FINDINGS = Findings()
"""A message without health documents."""

UNREAD = Findings(
    mark=Mark.REJECTED,
    documents=(DocumentFacts("unread", "", Mark.REJECTED, fileable=False, reason="reading took too much"),),
)
"""What is said of a message whose reading died or took too long."""
