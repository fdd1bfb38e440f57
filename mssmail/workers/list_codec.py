"""A white list that another process has read: its table where that process left it, the rest as JSON.

Decoded trusting nothing.
"""

import json
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mssmail.core.domain_table import DomainTable
from mssmail.core.missing import MissingStatus
from mssmail.core.names import DistinguishedName, decode_exact, encode_exact
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadWhiteList, WorkerFault
from mssmail.trust.list_changes import ListChanges, NameChange


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list that was read, and what it changes in the one before."""

    white_list: WhiteList
    changes: ListChanges


def encode_list(found: ReadList) -> bytes:
    """The bytes that ``decode_answer`` reads, but for the table."""
    white_list, changes = found.white_list, found.changes
    told = {
        "generated_at": white_list.generated_at.isoformat(),
        "signer": white_list.signer,
        "sha256": white_list.sha256,
        "entries": white_list.entries,
        "faults": list(white_list.faults),
        "counts": [changes.added, changes.removed, changes.changed],
        "loss_percent": changes.loss_percent,
        "added": changes.first_added,
        "removed": changes.first_removed,
        "changed": [
            [each.domain, _encode_names(each.gained), _encode_names(each.lost)] for each in changes.first_changed
        ],
    }
    return b"L" + json.dumps(told).encode()


def encode_fault(fault: BadWhiteList) -> bytes:
    """A list that was refused."""
    missing = fault.facts.get("missing", ())
    told = [[m.issuer, m.certificate.hex(), m.issuer_certificate.hex()] for m in missing]  # type: ignore[attr-defined]
    facts = {name: fault.facts[name] for name in ("signer", "temporary") if name in fault.facts}
    return b"F" + json.dumps({"text": str(fault), "facts": facts, "missing": told}).encode()


def decode_answer(raw: bytes, table: bytes | memoryview) -> ReadList:
    """The list with this table; raises BadWhiteList when it was refused, WorkerFault on bytes that are neither."""
    try:
        is_refusal = {b"F": True, b"L": False}[raw[:1]]
        told = json.loads(raw[1:])
        found = _decode_fault(told) if is_refusal else ReadList(_decode_list(told, table), _decode_changes(told))
    except (ValueError, TypeError, KeyError, AttributeError, struct.error, RecursionError, OverflowError) as error:
        raise WorkerFault("the answer of a reader of lists cannot be read", cause=type(error).__name__) from error
    if isinstance(found, BadWhiteList):
        raise found
    return found


def _decode_list(told: dict[str, Any], table: bytes | memoryview) -> WhiteList:
    return WhiteList(
        datetime.fromisoformat(told["generated_at"]),
        str(told["signer"]),
        str(told["sha256"]),
        DomainTable(table),
        int(told["entries"]),
        tuple(map(str, told["faults"])),
    )


def _decode_changes(told: dict[str, Any]) -> ListChanges:
    added, removed, changed = map(int, told["counts"])
    return ListChanges(
        added,
        removed,
        changed,
        float(told["loss_percent"]),
        tuple(map(str, told["added"])),
        tuple(map(str, told["removed"])),
        tuple(NameChange(str(each[0]), _decode_names(each[1]), _decode_names(each[2])) for each in told["changed"]),
    )


def _encode_names(names: frozenset[DistinguishedName]) -> list[str]:
    return [encode_exact(name).decode("ascii") for name in names]


def _decode_names(texts: list[str]) -> frozenset[DistinguishedName]:
    return frozenset(decode_exact(text.encode()) for text in texts)


def _decode_fault(told: dict[str, object]) -> BadWhiteList:
    facts, missing = told["facts"], told["missing"]
    if not isinstance(facts, dict) or not isinstance(missing, list):
        raise TypeError("a fault has facts")
    statuses = tuple(MissingStatus(str(i), bytes.fromhex(c), bytes.fromhex(a)) for i, c, a in missing)
    more: dict[str, object] = {"signer": str(facts["signer"])} if "signer" in facts else {}
    more |= {"temporary": facts["temporary"] is True} if "temporary" in facts else {}
    return BadWhiteList(str(told["text"]), **more, **({"missing": statuses} if "temporary" in facts else {}))
