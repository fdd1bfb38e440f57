"""Whatever is sent as a document, reading it ends, raises nothing, and stays within bounds."""

import random
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mssmail.core.findings import Findings, Mark
from mssmail.documents.inspect import Reading, inspect_file
from mssmail.documents.message import read_message
from mssmail.workers.reader import ReadingSnapshot
from mssmail.workers.readers import Readers
from tests.support.health import (
    ABNORMAL,
    CRITICAL,
    make_cda,
    make_hprim,
    make_message,
    make_result,
    make_xdm,
    make_zip,
)

_READING = Reading(test_space=True)
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_SEEDS = [
    make_cda(CRITICAL, ABNORMAL),
    make_xdm(make_cda(CRITICAL)),
    make_xdm(make_cda(ABNORMAL), make_cda(CRITICAL)),
    make_hprim("RES|K|K|N|6.9|mmol/l|3.5|5.1|HH|F").encode(),
    b"H|~^\\&|x\rP|1||||A^B\rOBX|1|NM|K||6.9|mmol/l|3.5-5.1|HH|||F\rL|1\r",
    make_zip({f"IHE_XDM/{number}/METADATA.XML": b"<a/>" for number in range(20)}),
]
_PIECES = [
    b"<",
    b"]]>",
    b"<!DOCTYPE a>",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\x00" * 9,
    b"****FIN****",
    b"\xff" * 4,
    b"&",
    b"|" * 99,
]


def _damage(seed: bytes, chance: random.Random) -> bytes:
    """Bytes changed, taken out, doubled, cut off, or replaced by something with a meaning."""
    data = bytearray(seed)
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randrange(1, 40)]
            case 2:
                data[at:at] = chance.choice(_PIECES)
            case 3:
                data[at:at] = data[at : at + chance.randrange(1, 400)]
            case _:
                del data[max(at, 8) :]
    return bytes(data)


def test_a_thousand_hostile_documents_cost_no_exception_and_no_memory() -> None:
    chance = random.Random(20260310)  # the same thousand each time: a failure can be looked at
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    marks = set()
    for number in range(1_000):
        data = _damage(_SEEDS[number % len(_SEEDS)], chance)
        marks.add(inspect_file(data, "document", _READING).mark)
        found = read_message(make_message(("application/zip", "IHE_XDM.zip", data)), _READING).findings
        assert isinstance(found, Findings)
    assert Mark.REJECTED in marks
    assert Mark.CRITICAL in marks
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000  # kilobytes


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=2_000), name=st.sampled_from(["a.zip", "a.xml", "a.hpr", "a"]))
def test_any_bytes_are_read_or_rejected(data: bytes, name: str) -> None:
    assert inspect_file(data, name, _READING).mark in Mark


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(st.text(max_size=30), max_size=40))
def test_any_text_behind_a_header_is_read(lines: list[str]) -> None:
    text = make_hprim("RES|K|K|N|6.9||||HH|F", end=False) + "\r\n".join(lines)
    assert inspect_file(text.encode("utf-8", "replace"), "a.hpr", _READING).mark is Mark.CRITICAL


def _make_traps() -> list[bytes]:
    """Archives and documents made to hurt, each whole: bombs, depth, breadth, lies about sizes, odd methods."""
    deep = b"<a>" * 5_000 + b"</a>" * 5_000
    wide = b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b"<id/>" * 60_000 + b"</ClinicalDocument>"
    attributes = b"<a " + b" ".join(b'a%d=""' % number for number in range(20_000)) + b"/>"
    laughs = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'
    long_text = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>' + b"x" * 3_000_000 + b"</title></ClinicalDocument>"
    opened, closed = '<entryRelationship typeCode="REFR"><observation>', "</observation></entryRelationship>"
    nested = make_cda(make_result(more=opened * 60 + closed * 60))
    documents = [deep, wide, attributes, laughs, long_text, nested]
    place = "IHE_XDM/SUBSET01/"
    archives = [make_xdm(each) for each in documents]
    archives += [
        make_zip({place + "METADATA.XML": bytes(30_000_000)}),
        make_zip({place + "METADATA.XML": make_zip({"a": bytes(1_000_000)})}),
        make_zip({f"{place}{number}.XML": b"x" for number in range(500)}),
        make_zip({"../" * 50 + "METADATA.XML": b"x"}),
        make_xdm(make_cda(CRITICAL)).replace(b"PK\x01\x02", b"PK\x01\x02" * 2),
        make_xdm(make_cda(CRITICAL))[:-10] + b"\xff" * 10,
    ]
    return documents + archives


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
async def test_a_thousand_hostile_messages_pass_through_one_reading_process_and_cost_none_of_them() -> None:
    """Each is answered; the process is bounded by the kernel, and what it holds does not grow."""
    chance = random.Random(7)
    traps = _make_traps()
    readers = Readers(20, 1_024, ReadingSnapshot(frozenset(), test_space=True))
    await readers.start()
    try:
        sizes: list[int] = []
        for number in range(1_000):
            seed = traps[number % len(traps)] if number % 4 == 0 else _SEEDS[number % len(_SEEDS)]
            data = seed if number % 8 == 0 else _damage(seed, chance)
            found = await readers.read(make_message(("application/zip", "IHE_XDM.zip", data)), _NOW)
            assert found.mark in Mark
            if number in {199, 999}:
                sizes.append(_measure(readers.pids[0]))
        assert readers.pids
        assert sizes[1] - sizes[0] < 150_000  # kilobytes
    finally:
        await readers.stop()


def _measure(pid: int) -> int:
    """Kilobytes the process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])
