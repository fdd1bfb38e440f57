"""One bit changed, after decoding: what was signed is never Trusted again, and nothing ever gets a better verdict."""

import base64
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.verdict import Trusted, Verdict
from mssmail.lab.pki import KeyKind
from mssmail.smime.sign import encode_signature
from mssmail.smime.signed_data import SignedData, parse_signed_data
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.budget import examples
from tests.support.pki import build_pki
from tests.support.signed_mail import ALICE, OFF, build_message, judge, name, signing_key

KINDS = [KeyKind.RSA_2048, KeyKind.P256, KeyKind.ED25519]
ENTITY = b"Content-Type: text/plain\r\n\r\nThe potassium is 7.1 mmol/l.\r\n"


def _wrap(entity: bytes, cms: bytes) -> bytes:
    head = b"From: Alice <alice@a.test>\r\nContent-Type: multipart/signed; boundary=b; "
    head += b'protocol="application/pkcs7-signature"\r\n\r\n--b\r\n'
    part = b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + entity + part + base64.b64encode(cms) + b"\r\n--b--\r\n"


@dataclass(frozen=True)
class Sample:
    """A message Alice signed, its pieces, and the verdict on it."""

    cms: bytes
    signed: SignedData
    verdict: Verdict


@cache
def _store() -> TrustStore:
    # Without intermediates: the path is the one in the message, so each of its certificates counts.
    return build_trust_store(TrustSnapshot(1, build_pki().anchors, policy=OFF))


@cache
def _sample(kind: KeyKind, *, expired: bool = False) -> Sample:
    pki = build_pki()
    credential = pki.make_expired(ALICE, kind) if expired else pki.make_person(ALICE, kind)
    cms = encode_signature(ENTITY, signing_key(credential), pki.now)
    return Sample(cms, parse_signed_data(cms), judge(_wrap(ENTITY, cms), _store()))


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def _covered(sample: Sample) -> list[range]:
    """Where in the CMS message the signed attributes, the signature value and the certificates of the path lie."""
    signer = sample.signed.signers[0]
    pieces = [signer.attributes or b"", signer.signature, *sample.signed.certificates]
    starts = [sample.cms.index(piece) for piece in pieces]
    return [range(start, start + len(piece)) for start, piece in zip(starts, pieces, strict=True)]


def _assert_no_gain(before: Verdict, after: Verdict) -> None:
    """Trusted only if it was, and then by the same signer."""
    if isinstance(after.summary, Trusted):
        assert after.signer == before.signer
        assert isinstance(before.summary, Trusted)


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_are_trusted_as_they_are(kind: KeyKind) -> None:
    assert name(_sample(kind).verdict) == "Trusted"
    assert name(_sample(kind, expired=True).verdict) == "Untrusted"


@pytest.mark.parametrize("kind", KINDS)
def test_no_bit_of_the_content_can_change(kind: KeyKind) -> None:
    sample = _sample(kind)
    for bit in range(len(ENTITY) * 8):
        assert name(judge(_wrap(_flip(ENTITY, bit), sample.cms), _store())) != "Trusted", bit


def test_no_bit_of_attributes_signature_or_certificates_can_change() -> None:
    sample = _sample(KeyKind.P256)
    places = [place for covered in _covered(sample) for place in covered]
    assert len(places) > len(sample.cms) * 0.8
    for place in places:
        for bit in range(place * 8, place * 8 + 8):
            assert name(judge(_wrap(ENTITY, _flip(sample.cms, bit)), _store())) != "Trusted", bit


@examples(200)
@given(st.sampled_from(KINDS), st.data())
def test_no_covered_bit_can_change_whatever_the_key(kind: KeyKind, data: st.DataObject) -> None:
    sample = _sample(kind)
    place = data.draw(st.sampled_from([place for covered in _covered(sample) for place in covered]))
    changed = _flip(sample.cms, place * 8 + data.draw(st.integers(0, 7)))
    assert name(judge(_wrap(ENTITY, changed), _store())) != "Trusted"


@examples(200)
@given(st.sampled_from(KINDS), st.booleans(), st.data())
def test_no_other_change_gives_a_better_verdict_or_another_signer(
    kind: KeyKind, expired: bool, data: st.DataObject
) -> None:
    sample = _sample(kind, expired=expired)
    changed = sample.cms
    for _ in range(data.draw(st.integers(1, 3))):
        changed = _flip(changed, data.draw(st.integers(0, len(sample.cms) * 8 - 1)))
    _assert_no_gain(sample.verdict, judge(_wrap(ENTITY, changed), _store()))


@examples(200)
@given(st.sampled_from(KINDS), st.booleans(), st.data())
def test_no_bit_of_the_whole_message_gives_a_better_verdict(kind: KeyKind, expired: bool, data: st.DataObject) -> None:
    sample = _sample(kind, expired=expired)
    message = _wrap(ENTITY, sample.cms)
    _assert_no_gain(sample.verdict, judge(_flip(message, data.draw(st.integers(0, len(message) * 8 - 1))), _store()))


@given(st.integers(0, len(build_message()) * 8 - 1))
def test_an_unsigned_message_never_becomes_trusted(bit: int) -> None:
    assert name(judge(_flip(build_message(), bit), _store())) != "Trusted"
