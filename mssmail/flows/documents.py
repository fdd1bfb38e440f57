"""Health documents on their way in: read in the second step, told to the journal. Never a name, never a value."""

from datetime import datetime
from typing import Protocol

from mssmail.core.findings import Findings


class DocumentReader(Protocol):
    """Satisfied by ``workers.readers.Readers``."""

    async def read(self, data: bytes, at: datetime) -> Findings:
        """What the documents call for; raises WorkerDeath when the reader died of them."""
        ...


def describe_findings(findings: Findings) -> dict[str, object]:
    """The mark, the kinds of documents, and what the sender's software declared."""
    facts: dict[str, object] = {}
    if findings.has_documents:
        facts["mark"] = findings.mark.value
        facts["fileable"] = findings.fileable
        facts["documents"] = [
            " ".join(part for part in (each.kind, each.type_code, each.mark.value, each.reason) if part)
            for each in findings.documents
        ]
        facts["types"] = [f"{(each.type_code or each.kind)[:64]} {each.mark.value}" for each in findings.documents]
    declared = findings.declared
    named = {"codecda": declared.code_cda, "ins": declared.ins, "nil": declared.nil, "mes": declared.mes}
    if any(named.values()):
        facts["x_mss"] = {name: value for name, value in named.items() if value}
    if findings.inconsistencies:
        facts["x_mss_inconsistent"] = list(findings.inconsistencies)
    return facts
