"""Findings as JSON trees. Decoding trusts nothing: what does not fit raises ValueError or TypeError."""

from dataclasses import astuple, fields

from mssmail.core.findings import DocumentFacts, Findings, Mark, MssFields
from mssmail.workers.checked import require_bool, require_list, require_text


def encode_findings(findings: Findings) -> list[object]:
    """The tree that ``decode_findings`` reads."""
    return [
        findings.mark.value,
        findings.fileable,
        [_encode_document(each) for each in findings.documents],
        list(astuple(findings.declared)),
        list(findings.inconsistencies),
    ]


def decode_findings(tree: object) -> Findings:
    """The findings; raises ValueError or TypeError."""
    mark, fileable, documents, declared, inconsistencies = require_list(tree)
    return Findings(
        Mark(mark),
        require_bool(fileable),
        tuple(_decode_document(each) for each in require_list(documents)),
        MssFields(*map(require_text, require_list(declared))),
        tuple(map(require_text, require_list(inconsistencies))),
    )


def _encode_document(document: DocumentFacts) -> list[object]:
    values = (getattr(document, each.name) for each in fields(document))
    return [value.value if isinstance(value, Mark) else value for value in values]


def _decode_document(tree: object) -> DocumentFacts:
    values = require_list(tree)
    kind, name, mark, fileable, reason, document_id, type_code, title, dated, author, patient = values[:11]
    birthdate, ins, is_qualified, loinc_codes, replaces, labels = values[11:]
    return DocumentFacts(
        require_text(kind),
        require_text(name),
        Mark(mark),
        require_bool(fileable),
        require_text(reason),
        require_text(document_id),
        require_text(type_code),
        require_text(title),
        require_text(dated),
        require_text(author),
        require_text(patient),
        require_text(birthdate),
        require_text(ins),
        require_bool(is_qualified),
        tuple(map(require_text, require_list(loinc_codes))),
        require_text(replaces),
        tuple(map(require_text, require_list(labels))),
    )
