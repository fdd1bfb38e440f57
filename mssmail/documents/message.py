"""The health documents of a message, wherever they stand: attached, signed over, forwarded, or the text itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mssmail.core.findings import Findings, MssFields, find_gravest
from mssmail.documents.archive import Archive
from mssmail.documents.declared import compare_fields, read_fields
from mssmail.documents.glance import GLANCED_PARTS, HPRIM_ENDINGS, XDM_NAME, DocumentKind, glance_at, iterate_leaves
from mssmail.documents.inspect import Inspection, Reading, inspect_document, list_facts
from mssmail.documents.limits import MAX_DOCUMENTS
from mssmail.documents.xdm import is_cda, is_xdm
from mssmail.errors import BadDocument
from mssmail.mime.headers import decode_words, select_fields
from mssmail.mime.parts import scan
from mssmail.mime.text import decode_body
from mssmail.mime.tree import Part

_XDM_SUBJECT: Final = "XDM/1.0/DDM"


@dataclass(frozen=True, slots=True)
class MessageReading:
    """The documents of a message, and what they are together."""

    inspections: tuple[Inspection, ...]
    findings: Findings

    @property
    def patients(self) -> frozenset[str]:
        """All persons that any document is about."""
        return frozenset().union(*(each.patients for each in self.inspections))


def read_message(data: bytes, reading: Reading, root: Part | None = None) -> MessageReading:
    """Find, read and judge every health document in these bytes; ``root`` when they have been scanned already."""
    root = scan(data) if root is None else root
    inspections = [inspection for inspection, _ in iterate_documents(data, reading, root)]
    return summarise_message(data, inspections, reading, root)


def summarise_message(
    data: bytes, inspections: Sequence[Inspection], reading: Reading, root: Part | None = None
) -> MessageReading:
    """What the documents of this message are together."""
    root = scan(data) if root is None else root
    declared = read_fields(data, root.header)
    return MessageReading(tuple(inspections), _judge(inspections, declared, reading))


def iterate_documents(data: bytes, reading: Reading, root: Part | None = None) -> Iterator[tuple[Inspection, bytes]]:
    """Every health document of the message, read, with its bytes."""
    root = scan(data) if root is None else root
    is_announced = _is_announced(data, root)
    found = (_inspect_part(data, part, reading, is_announced=is_announced) for part in iterate_leaves(root))
    yield from islice(filter(None, islice(found, GLANCED_PARTS)), MAX_DOCUMENTS)


def _is_announced(data: bytes, root: Part) -> bool:
    """The subject carries the marker of the XDM profile, perhaps behind prefixes."""
    subjects = select_fields(data, root.header, "subject")
    return any(_XDM_SUBJECT in decode_words(field.read(data)).upper() for field in subjects)


def _inspect_part(data: bytes, part: Part, reading: Reading, *, is_announced: bool) -> tuple[Inspection, bytes] | None:
    name = part.file_name or ""
    kind = glance_at(data, part)
    if kind is None:
        return None
    content = decode_body(data[part.body.start : part.body.end], part.encoding)
    if kind is DocumentKind.XDM and not _is_archive_of_ours(content, name, is_announced=is_announced):
        return None
    if kind is DocumentKind.CDA and not is_cda(content):
        return None
    found = inspect_document(content, name or kind.value, kind, reading)
    is_promised = name.lower().endswith(HPRIM_ENDINGS)
    is_ordinary = kind is DocumentKind.HPRIM and found.content is None and not is_promised
    return None if is_ordinary else (found, content)


def _is_archive_of_ours(content: bytes, name: str, *, is_announced: bool) -> bool:
    """An archive of holiday pictures is no health document; one that claims to be XDM is, however broken."""
    if XDM_NAME.search(name) or is_announced:
        return True
    try:
        return is_xdm(Archive(content))
    except BadDocument:
        return b"IHE_XDM" in content.upper()


def _judge(inspections: Sequence[Inspection], declared: MssFields, reading: Reading) -> Findings:
    patients: frozenset[str] = frozenset().union(*(each.patients for each in inspections))
    return Findings(
        mark=find_gravest([each.mark for each in inspections]),
        fileable=bool(inspections) and all(each.fileable for each in inspections) and len(patients) <= 1,
        documents=tuple(row for each in inspections for row in list_facts(each, reading))[:MAX_DOCUMENTS],
        declared=declared,
        inconsistencies=compare_fields(declared, inspections, test_space=reading.test_space),
    )
