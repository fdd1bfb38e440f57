"""A white list that another process has read, as lines of JSON and three blobs; decoded trusting nothing.

Each line is small, so that the thread which decodes 200,000 names lets others run in between.
"""

import json
import struct
from array import array
from collections.abc import Iterator
from datetime import datetime

from mssmail.core.domain_table import DomainTable, build_domain_table
from mssmail.core.missing import MissingStatus
from mssmail.core.names import DistinguishedName
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadWhiteList, WorkerFault

_LENGTHS = struct.Struct("!4Q")  # lines, text, ends, choices


def encode_list(white_list: WhiteList) -> bytes:
    """The bytes that ``decode_list`` reads."""
    domains = white_list.domains
    table = domains if isinstance(domains, DomainTable) else build_domain_table(domains.items())
    head = {
        "generated_at": white_list.generated_at.isoformat(),
        "signer": white_list.signer,
        "sha256": white_list.sha256,
        "entries": white_list.entries,
        "faults": list(white_list.faults),
    }
    lines = b"\n".join([json.dumps(head).encode(), *_encode_sets(table)])
    blobs = (lines, table.text, table.ends.tobytes(), table.choices.tobytes())
    return b"L" + _LENGTHS.pack(*map(len, blobs)) + b"".join(blobs)


def encode_fault(fault: BadWhiteList) -> bytes:
    """A list that was refused."""
    missing = fault.facts.get("missing", ())
    told = [[m.issuer, m.certificate.hex(), m.issuer_certificate.hex()] for m in missing]  # type: ignore[attr-defined]
    facts = {name: fault.facts[name] for name in ("signer", "temporary") if name in fault.facts}
    return b"F" + json.dumps({"text": str(fault), "facts": facts, "missing": told}).encode()


def decode_list(raw: bytes) -> WhiteList:
    """The list; raises BadWhiteList when it was refused, WorkerFault on bytes that are neither."""
    try:
        found = _decode_fault(json.loads(raw[1:])) if raw[:1] == b"F" else _decode_list(raw[1:])
    except (ValueError, TypeError, KeyError, AttributeError, struct.error, RecursionError, OverflowError) as error:
        raise WorkerFault("the answer of a reader of lists cannot be read", cause=type(error).__name__) from error
    if isinstance(found, BadWhiteList):
        raise found
    return found


def _decode_list(raw: bytes) -> WhiteList:
    lengths = _LENGTHS.unpack_from(raw)
    if sum(lengths) + _LENGTHS.size != len(raw):
        raise ValueError("lengths do not add up")
    blobs, start = [], _LENGTHS.size
    for length in lengths:
        blobs.append(raw[start : start + length])
        start += length
    head, *lines = blobs[0].split(b"\n")
    told = json.loads(head)
    known: dict[str, DistinguishedName] = {}
    sets = tuple(frozenset(_decode_name(text, known) for text in json.loads(line)) for line in lines)
    ends, choices = array("I", blobs[2]), array("I", blobs[3])
    return WhiteList(
        datetime.fromisoformat(told["generated_at"]),
        str(told["signer"]),
        str(told["sha256"]),
        DomainTable(blobs[1], ends, choices, sets),
        int(told["entries"]),
        tuple(map(str, told["faults"])),
    )


def _encode_sets(table: DomainTable) -> Iterator[bytes]:
    for names in table.sets:
        yield json.dumps([json.dumps([sorted(map(list, rdn)) for rdn in name.rdns]) for name in names]).encode()


def _decode_name(text: str, known: dict[str, DistinguishedName]) -> DistinguishedName:
    name = known.get(text)
    if name is None:
        rdns = tuple(frozenset((str(oid), str(value)) for oid, value in rdn) for rdn in json.loads(text))
        name = known[text] = DistinguishedName(rdns)
    return name


def _decode_fault(told: dict[str, object]) -> BadWhiteList:
    facts, missing = told["facts"], told["missing"]
    if not isinstance(facts, dict) or not isinstance(missing, list):
        raise TypeError("a fault has facts")
    statuses = tuple(MissingStatus(str(i), bytes.fromhex(c), bytes.fromhex(a)) for i, c, a in missing)
    more: dict[str, object] = {"signer": str(facts["signer"])} if "signer" in facts else {}
    more |= {"temporary": facts["temporary"] is True} if "temporary" in facts else {}
    return BadWhiteList(str(told["text"]), **more, **({"missing": statuses} if "temporary" in facts else {}))
