"""Findings as JSON trees. Decoding trusts nothing: what does not fit raises ValueError or TypeError."""

from dataclasses import astuple, fields

from mssmail.core.findings import DocumentFacts, Findings, Mark, MssFields


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
    mark, fileable, documents, declared, inconsistencies = _list(tree)
    return Findings(
        Mark(mark),
        _bool(fileable),
        tuple(_decode_document(each) for each in _list(documents)),
        MssFields(*map(_text, _list(declared))),
        tuple(map(_text, _list(inconsistencies))),
    )


def _encode_document(document: DocumentFacts) -> list[object]:
    values = (getattr(document, each.name) for each in fields(document))
    return [value.value if isinstance(value, Mark) else value for value in values]


def _decode_document(tree: object) -> DocumentFacts:
    values = _list(tree)
    kind, name, mark, fileable, reason, document_id, type_code, title, dated, author, patient = values[:11]
    birthdate, ins, is_qualified, loinc_codes, replaces, labels = values[11:]
    return DocumentFacts(
        _text(kind),
        _text(name),
        Mark(mark),
        _bool(fileable),
        _text(reason),
        _text(document_id),
        _text(type_code),
        _text(title),
        _text(dated),
        _text(author),
        _text(patient),
        _text(birthdate),
        _text(ins),
        _bool(is_qualified),
        tuple(map(_text, _list(loinc_codes))),
        _text(replaces),
        tuple(map(_text, _list(labels))),
    )


def _text(tree: object) -> str:
    if not isinstance(tree, str):
        raise TypeError("a text is wanted")
    return tree


def _bool(tree: object) -> bool:
    if not isinstance(tree, bool):
        raise TypeError("true or false is wanted")
    return tree


def _list(tree: object) -> list[object]:
    if not isinstance(tree, list):
        raise TypeError("a list is wanted")
    return tree
