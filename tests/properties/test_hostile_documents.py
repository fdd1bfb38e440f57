"""Whatever is sent as a document, reading it ends, raises nothing, and stays within bounds."""

import random
import resource

from hypothesis import given, settings
from hypothesis import strategies as st

from mssmail.core.findings import Findings, Mark
from mssmail.documents.inspect import Reading, inspect_file
from mssmail.documents.message import read_message
from tests.support.health import ABNORMAL, CRITICAL, make_cda, make_hprim, make_message, make_xdm, make_zip

_READING = Reading(test_space=True)
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
