"""Health documents of messages, as rows: written in the transaction that delivers, gone with the message."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from mssmail.core.birthdate import parse_birthdate, spell_birthdate
from mssmail.core.composition import normalise_text
from mssmail.core.findings import DocumentFacts, Mark
from mssmail.store.document_tables import documents
from mssmail.store.prepared import Prepared

MAX_WORDS: Final = 32_768  # characters of one document that searches see

_INSERT = Prepared(insert(documents), [column.name for column in documents.columns if column.name != "id"])
_WORDS = Prepared(
    select(documents.c.words)
    .where(documents.c.message_id == bindparam("of_message"))
    .order_by(documents.c.id)
    .limit(100)
)


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document as its row tells it."""

    kind: str
    type_code: str
    document_id: str
    title: str
    dated: str
    author: str
    patient: str
    birthdate: str
    ins: str
    loinc_codes: tuple[str, ...]
    mark: Mark
    is_fileable: bool


def keep_documents(conn: Connection, message_id: int, found: Sequence[DocumentFacts], at: datetime) -> None:
    """Write the rows of a new message's documents; they become durable with it."""
    if found:
        _INSERT.run(conn, [_describe(message_id, each, at) for each in found])


def find_words(conn: Connection, message_id: int) -> str:
    """What SEARCH TEXT finds beside the message's own text: names, births, titles and codes, a line each.

    Not folded; empty for a message without documents. An index of words takes this in with header and body; it never
    changes once the message has been delivered.
    """
    return "\n".join(row[0] for row in _WORDS.fetch_all(conn, {"of_message": message_id}))


def list_documents(conn: Connection, message_id: int) -> Sequence[KeptDocument]:
    """The documents of a message, in its order."""
    wanted = select(documents).where(documents.c.message_id == message_id).order_by(documents.c.id)
    return [
        KeptDocument(
            row.kind,
            row.type_code,
            row.document_id,
            row.title,
            row.dated,
            row.author,
            row.patient,
            row.birthdate,
            row.ins,
            tuple(json.loads(row.loinc_codes)),
            Mark(row.mark),
            row.is_fileable,
        )
        for row in conn.execute(wanted)
    ]


def spell_document(document: DocumentFacts, at: datetime) -> str:
    """The lines a person may look for it by."""
    day = parse_birthdate(document.birthdate, at.year)
    births = spell_birthdate(day) if day is not None else (document.birthdate,)
    parts = document.patient.split(" ")
    turned = " ".join((*parts[-1:], *parts[:-1]))  # people write the given name first as often as last
    names = [document.patient, turned, _strip_accents(document.patient), _strip_accents(turned)]
    lines = [*names, *births, document.ins, document.title, document.author, document.type_code]
    lines += [document.document_id, *document.labels, *document.loinc_codes]
    return "\n".join(dict.fromkeys(line for line in lines if line))[:MAX_WORDS]


def _strip_accents(text: str) -> str:
    """As names stand in subjects (ECO.2.1.3): without accents."""
    return "".join(each for each in normalise_text("NFD", text) if not unicodedata.combining(each))


def _describe(message_id: int, document: DocumentFacts, at: datetime) -> dict[str, object]:
    day = parse_birthdate(document.birthdate, at.year)
    return {
        "message_id": message_id,
        "kind": document.kind,
        "type_code": document.type_code,
        "document_id": document.document_id,
        "replaces": document.replaces,
        "title": document.title,
        "dated": document.dated,
        "author": document.author,
        "patient": document.patient,
        "birthdate": document.birthdate if day is None else day.isoformat(),
        "ins": document.ins,
        "is_qualified": document.ins_is_qualified,
        "loinc_codes": json.dumps(document.loinc_codes),
        "mark": document.mark.value,
        "is_fileable": document.fileable,
        "words": spell_document(document, at),
    }
