from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.address import Address
from mssmail.core.appearance import Notice, Oddity
from mssmail.core.examination import Examination, Index
from mssmail.core.listing import Listing, SortKeys
from mssmail.core.message import Span
from mssmail.core.missing import MissingStatus
from mssmail.core.proof import PathStep, Proof
from mssmail.core.verdict import UNSIGNED, Fact, Facts, Outcome, Signer, SignerKind, Structure, Verdict
from mssmail.errors import WorkerFault
from mssmail.workers.codec import decode_examination, encode_examination
from tests.workers.test_proof_codec import PROOFS

TEXT = st.text(max_size=12)
MOMENTS = st.datetimes(timezones=st.just(UTC))
FACTS = st.builds(Facts, *[st.builds(Fact, st.sampled_from(Outcome), TEXT)] * 6)
SIGNERS = st.builds(
    Signer,
    subject=TEXT,
    issuer=TEXT,
    serial=st.integers(-1, 2**160),
    emails=st.lists(TEXT, max_size=3).map(tuple),
    kind=st.sampled_from(SignerKind),
    fingerprint=TEXT,
    not_after=MOMENTS,
    signed_at=st.none() | MOMENTS,
)
VERDICTS = st.builds(Verdict, st.sampled_from([Structure.UNSIGNED, Structure.ENCRYPTED]), FACTS, st.none()) | st.builds(
    Verdict, st.just(Structure.SIGNED), FACTS, st.none() | SIGNERS, PROOFS
)
SPANS = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda pair: Span(min(pair), max(pair)))
BLOBS = st.binary(max_size=30)
LISTINGS = st.builds(
    Listing,
    st.none() | BLOBS,
    st.builds(SortKeys, TEXT, st.booleans(), st.none() | MOMENTS, *[TEXT] * 6, st.lists(TEXT, max_size=3).map(tuple)),
)
INDEXES = st.builds(
    Index,
    BLOBS,
    BLOBS,
    BLOBS,
    BLOBS,
    header=SPANS,
    cuts=st.lists(SPANS, max_size=3).map(tuple),
    subject=TEXT,
    sender=TEXT,
    to=TEXT,
    cc=TEXT,
    bcc=TEXT,
    message_id=TEXT,
    sent_on=TEXT,
    listing=st.none() | LISTINGS,
)
ADDRESSES = st.builds(
    Address, st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=9), st.just("a.test")
)
EXAMINATIONS = st.builds(
    Examination,
    VERDICTS,
    INDEXES,
    authors=st.lists(ADDRESSES, max_size=3).map(tuple),
    sender=st.none() | ADDRESSES,
    report_type=TEXT,
    missing=st.lists(st.builds(MissingStatus, TEXT, st.binary(max_size=40), st.binary(max_size=40)), max_size=3).map(
        tuple
    ),
    may_hold_documents=st.booleans(),
    may_be_receipt=st.booleans(),
    faults=st.lists(TEXT, max_size=3).map(tuple),
    notices=st.lists(st.builds(Notice, st.sampled_from(Oddity), TEXT), max_size=3).map(tuple),
)
PLAIN = Examination(UNSIGNED, Index(b"e", b"b", b"bs", b"p", Span(0, 4)))


def test_what_is_too_long_to_be_remembered_comes_out_too() -> None:
    fact = Fact(Outcome.FAILED, "x" * 10_000)
    proof = Proof((PathStep("y" * 10_000, 7, "f", datetime(2026, 1, 1, tzinfo=UTC)),))
    long = Examination(Verdict(Structure.SIGNED, Facts(*[fact] * 6), proof=proof), PLAIN.index)
    assert decode_examination(encode_examination(long)) == long


@given(EXAMINATIONS)
def test_an_examination_comes_out_as_it_went_in(examination: Examination) -> None:
    assert decode_examination(encode_examination(examination)) == examination


def test_a_text_no_utf_8_can_hold_passes() -> None:
    odd = Examination(UNSIGNED, PLAIN.index, faults=("half a pair: \ud800",))
    assert decode_examination(encode_examination(odd)) == odd


def test_the_moment_of_signing_keeps_its_microseconds() -> None:
    at = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
    signer = Signer("s", "i", 1, (), SignerKind.PERSONAL, "", at, at)
    examination = Examination(Verdict(Structure.SIGNED, UNSIGNED.facts, signer), PLAIN.index)
    assert decode_examination(encode_examination(examination)).verdict.signer == signer


@given(EXAMINATIONS, st.data())
def test_damaged_bytes_are_a_fault_or_an_examination_and_nothing_else(
    examination: Examination, data: st.DataObject
) -> None:
    raw = bytearray(encode_examination(examination))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_examination(bytes(raw))
    except WorkerFault:
        return


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"unsigned"', b'"unsignec"'),
        (b'"not examined"', b"99999999999999"),
        (b"[0, 4]", b"[4, 0]"),
        (b"[0, 4]", b'"0, 4"'),
        (b"[0, 4]", b"[true,"),
        (b"[0, 4]", b"[0.,4]"),
        (b"null", b"true"),
    ],
)
def test_refuses_a_field_of_the_wrong_kind(before: bytes, after: bytes) -> None:
    raw = encode_examination(PLAIN)
    assert before in raw
    with pytest.raises(WorkerFault):
        decode_examination(raw.replace(before, after, 1))


@pytest.mark.parametrize("raw", [b"", b"\0" * 19, b"\0" * 20, b"\xff" * 40, encode_examination(PLAIN) + b"x"])
def test_refuses_what_has_not_even_the_form(raw: bytes) -> None:
    with pytest.raises(WorkerFault):
        decode_examination(raw)
