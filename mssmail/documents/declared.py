"""The X-MSS fields: what the sender's software says about the documents it sends, and whether it is so.

They are counted and compared, never believed: everything that matters is computed from the documents themselves.
"""

from collections import Counter
from collections.abc import Sequence

from mssmail.core.findings import MssFields
from mssmail.core.message import Span
from mssmail.documents.cda import CdaDocument
from mssmail.documents.glance import FIELD_NAMES, DocumentKind
from mssmail.documents.inspect import Inspection
from mssmail.documents.words import clean_value
from mssmail.mime.headers import clip_header, decode_words, select_fields


def read_fields(data: bytes, header: Span) -> MssFields:
    """The first of each in a message's header."""
    found: dict[str, str] = {}
    for field in select_fields(data, clip_header(header), *FIELD_NAMES):
        found.setdefault(field.key, clean_value(decode_words(field.read(data))))
    code_cda, ins, nil, mes = (found.get(name, "") for name in FIELD_NAMES)
    return MssFields(code_cda, ins, nil, mes)


def compare_fields(declared: MssFields, inspections: Sequence[Inspection], *, test_space: bool) -> tuple[str, ...]:
    """Where the fields say something else than the archives; in words that name nobody."""
    archives = [each for each in inspections if each.kind is DocumentKind.XDM and each.content is not None]
    documents = [document for each in archives for document in each.cda_documents]
    odd = (f"X-MSS-MES says {declared.mes}, only FIN has a meaning",) if declared.mes not in ("", "FIN") else ()
    return odd + (_compare_archives(declared, documents, test_space=test_space))


def _compare_archives(declared: MssFields, documents: Sequence[CdaDocument], *, test_space: bool) -> tuple[str, ...]:
    if not documents:
        named = [name for name, value in (("X-MSS-CODECDA", declared.code_cda), ("X-MSS-INS", declared.ins)) if value]
        return tuple(f"{name} without a CDA document in an archive" for name in named)
    return tuple(filter(None, (_compare_codes(declared, documents), _compare_ins(declared, documents, test_space))))


def _compare_codes(declared: MssFields, documents: Sequence[CdaDocument]) -> str:
    if not declared.code_cda:
        return "X-MSS-CODECDA is missing"
    said = Counter(code.strip() for code in declared.code_cda.split(",") if code.strip())
    found = Counter(document.type_code or "" for document in documents)
    if said == found:
        return ""
    return f"X-MSS-CODECDA says {_list(said)}, the archive holds {_list(found)}"


def _list(codes: Counter[str]) -> str:
    return clean_value(",".join(sorted(codes.elements())))


def _compare_ins(declared: MssFields, documents: Sequence[CdaDocument], test_space: bool) -> str:
    if not declared.ins:
        return "X-MSS-INS is missing"
    found = "O" if any(document.patient.is_qualified(test_space=test_space) for document in documents) else "N"
    return "" if declared.ins.upper() == found else f"X-MSS-INS says {declared.ins}, the documents say {found}"
