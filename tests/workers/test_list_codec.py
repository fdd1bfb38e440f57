"""A list read elsewhere comes back as it was; anything else is a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.domain_table import build_domain_table
from mssmail.core.missing import MissingStatus
from mssmail.errors import BadWhiteList, WorkerFault
from mssmail.trust.list_changes import count_changes
from mssmail.trust.whitelist import load_white_list, read_draft
from mssmail.workers.list_codec import ReadList, decode_answer, encode_fault, encode_list
from tests.support.lists import RULE, make_entries, make_list, make_store
from tests.support.pki import NOW

LIST = load_white_list(make_list(make_entries(*(f"d{n}.test" for n in range(20)))), make_store(), RULE, NOW)
OTHER = build_domain_table([("d7.test", frozenset()), ("gone.test", LIST.domains["d7.test"])])
READ = ReadList(LIST, count_changes(OTHER, LIST.table, 7))
TABLE = bytes(LIST.table.block)


def test_a_list_comes_out_as_it_went_in() -> None:
    found = decode_answer(encode_list(READ), TABLE)
    assert found == READ
    assert found.changes.first_changed[0].domain == "d7.test"
    assert found.white_list.may_speak(next(iter(LIST.domains["d7.test"])), "d7.test")


def test_a_draft_is_read_whoever_signed_it() -> None:
    draft = read_draft(make_list(make_entries("a.test")))
    assert draft.has_domain("a.test")
    assert draft.signer == "(not asked)"


def test_a_refusal_keeps_its_words_and_its_facts() -> None:
    missing = (MissingStatus("CN=CA", b"1", b"2"),)
    plain, doubt = BadWhiteList("no list"), BadWhiteList("later", signer="CN=x", temporary=True, missing=missing)
    for fault in (plain, doubt):
        with pytest.raises(BadWhiteList) as caught:
            decode_answer(encode_fault(fault), b"")
        assert (str(caught.value), caught.value.facts) == (str(fault), fault.facts)


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"L" + data))
def test_anything_else_is_a_fault(data: bytes) -> None:
    with pytest.raises(WorkerFault):
        decode_answer(data, TABLE)


@pytest.mark.parametrize("cut", [1, 20, 40, 200, -1])
def test_a_list_cut_short_is_a_fault(cut: int) -> None:
    with pytest.raises(WorkerFault):
        decode_answer(encode_list(READ)[:cut], TABLE)
    with pytest.raises(WorkerFault):
        decode_answer(encode_list(READ), TABLE[:cut])


@pytest.mark.parametrize(
    "text", [b'F{"facts": [], "missing": [], "text": ""}', b'F{"facts": {}}', b"F[]", b"L[]", b'L{"faults": 3}']
)
def test_a_refusal_of_another_shape_is_a_fault(text: bytes) -> None:
    with pytest.raises(WorkerFault):
        decode_answer(text, TABLE)
