from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mssmail.core.verdict import Outcome
from mssmail.lab.pki import KeyKind
from mssmail.smime.algorithms import SHA1, SHA224, SHA256, SHA384
from mssmail.smime.integrity import Integrity, SignedContent, verify_integrity
from mssmail.smime.sign import encode_signature
from mssmail.smime.signed_data import DATA, SignerInfo, parse_attributes, parse_signed_data
from mssmail.trust import der
from mssmail.trust.signature_policy import SignaturePolicy
from tests.support.pki import build_pki
from tests.support.signed_mail import ALICE, signing_key

CONTENT = SignedContent(DATA, b"entity", is_mime=True)
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (der.encode_oid(f"1.2.840.113549.1.9.{arc}") for arc in (3, 4, 5))
TYPE_VALUE = der.encode_tlv(der.OID, DATA)
DIGEST_VALUE = der.encode_tlv(der.OCTET_STRING, SHA256.compute(b"entity"))
RSA = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.1"), b"\x05\x00")
ECDSA_SHA384 = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.10045.4.3.3"))
UNKNOWN = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.3.4"))


def _digest(dotted: str) -> bytes:
    return der.encode_tlv(der.SEQUENCE, der.encode_oid(dotted))


def _signer() -> SignerInfo:
    pki = build_pki()
    raw = encode_signature(b"entity", signing_key(pki.make_person(ALICE)), pki.now)
    return parse_signed_data(raw).signers[0]


def _attribute(oid: bytes, *values: bytes) -> bytes:
    return der.encode_tlv(der.SEQUENCE, oid, der.encode_set(*values))


def _sign_attributes(*attributes: bytes) -> SignerInfo:
    """Alice (RSA, SHA-256) signs just these attributes."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = build_pki().make_person(ALICE, KeyKind.RSA_2048).key
    assert isinstance(key, rsa.RSAPrivateKey)
    signed = der.encode_set(*attributes)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return SignerInfo(b"", 0, None, _digest(SHA256.oid), b"\xa0" + signed[1:], RSA, signature)


def _sign_directly(content: bytes) -> SignerInfo:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = build_pki().make_person(ALICE, KeyKind.RSA_2048).key
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    return SignerInfo(b"", 0, None, _digest(SHA256.oid), None, RSA, signature)


def _check(
    signer: SignerInfo, content: SignedContent = CONTENT, kind: KeyKind = KeyKind.P256, *, sha1: bool = False
) -> Integrity:
    key = build_pki().make_person(ALICE, kind).key.public_key()
    return verify_integrity(signer, content, key, SignaturePolicy(allow_sha1=sha1))


def test_a_good_signature_holds_and_tells_its_time() -> None:
    found = _check(_signer())
    assert (found.fact.outcome, found.weakness, found.is_made_by_key) == (Outcome.PASSED, "", True)
    assert found.signed_at == build_pki().now


def test_altered_content_and_altered_signature_are_told_apart() -> None:
    altered = _check(_signer(), replace(CONTENT, octets=b"entitY"))
    assert altered.fact.outcome is Outcome.FAILED
    assert "digest differs" in altered.fact.reason
    assert altered.is_made_by_key
    forged = _check(replace(_signer(), signature=b"\x30\x06\x02\x01\x01\x02\x01\x01"))
    assert forged.fact.outcome is Outcome.FAILED
    assert not forged.is_made_by_key


def test_without_the_key_only_the_digest_can_be_judged() -> None:
    policy = SignaturePolicy()
    assert verify_integrity(_signer(), CONTENT, None, policy).fact.outcome is Outcome.UNKNOWN
    other = replace(CONTENT, octets=b"x")
    assert verify_integrity(_signer(), other, None, policy).fact.outcome is Outcome.FAILED


def test_an_unsupported_algorithm_is_their_fault_not_our_doubt() -> None:
    for signer in (replace(_signer(), algorithm=UNKNOWN), replace(_signer(), digest=UNKNOWN)):
        found = _check(signer)
        assert found.fact.outcome is Outcome.UNKNOWN
        assert "1.2.3.4" in found.weakness


def test_digest_and_signature_algorithm_must_agree() -> None:
    for signer in (
        replace(_signer(), algorithm=ECDSA_SHA384),
        replace(_sign_attributes(), digest=_digest(SHA384.oid)),
    ):
        assert _check(signer).fact.outcome is Outcome.FAILED


GOOD = _attribute(CONTENT_TYPE, TYPE_VALUE), _attribute(MESSAGE_DIGEST, DIGEST_VALUE)


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        (GOOD, ""),
        (GOOD[:1], "message digest"),
        (GOOD[1:], "content type"),
        ((), "content type"),
        ((*GOOD, GOOD[0]), "twice"),
        ((*GOOD, GOOD[1]), "twice"),
        ((GOOD[0], _attribute(MESSAGE_DIGEST, DIGEST_VALUE, b"\x04\x00")), "exactly one"),
        ((GOOD[0], _attribute(MESSAGE_DIGEST)), "exactly one"),
        ((_attribute(CONTENT_TYPE, TYPE_VALUE, TYPE_VALUE), GOOD[1]), "exactly one"),
        ((_attribute(CONTENT_TYPE, der.encode_oid("1.2.3")), GOOD[1]), "content type"),
        ((GOOD[0], _attribute(MESSAGE_DIGEST, b"\x04\x00")), "digest differs"),
        ((GOOD[0], _attribute(MESSAGE_DIGEST, der.encode_tlv(der.SET, SHA256.compute(b"entity")))), "digest differs"),
        ((*GOOD, b"\x05\x00"), "SEQUENCE"),
    ],
)
def test_content_type_and_digest_stand_there_exactly_once(attributes: tuple[bytes, ...], word: str) -> None:
    found = _check(_sign_attributes(*attributes), kind=KeyKind.RSA_2048)
    assert found.fact.outcome is (Outcome.FAILED if word else Outcome.PASSED)
    assert word in found.fact.reason


def test_without_attributes_the_signature_covers_plain_content() -> None:
    assert _check(_sign_directly(b"entity"), kind=KeyKind.RSA_2048).fact.outcome is Outcome.PASSED
    other = replace(CONTENT, content_type=b"\x2a\x03")
    assert "plain data" in _check(_sign_directly(b"entity"), other, KeyKind.RSA_2048).fact.reason


def test_signed_attributes_do_not_pass_as_content() -> None:
    signer = _sign_attributes(*GOOD)
    disguised = replace(CONTENT, octets=signer.signed_attributes)
    found = _check(replace(signer, attributes=None), disguised, KeyKind.RSA_2048)
    assert found.fact.outcome is Outcome.FAILED


def test_sha224_is_known_and_believed_where_sha1_is() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = build_pki().make_person(ALICE, KeyKind.RSA_2048).key
    assert isinstance(key, rsa.RSAPrivateKey)
    value = key.sign(b"entity", padding.PKCS1v15(), hashes.SHA224())
    algorithm = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.14"), b"\x05\x00")
    signer = SignerInfo(b"", 0, None, _digest(SHA224.oid), None, algorithm, value)
    found = _check(signer, kind=KeyKind.RSA_2048)
    assert found.fact.outcome is Outcome.PASSED
    assert found.weakness == "the signature uses SHA224, which is not accepted"
    assert _check(signer, kind=KeyKind.RSA_2048, sha1=True).weakness == ""
    altered = _check(signer, SignedContent(DATA, b"Entity", is_mime=True), KeyKind.RSA_2048)
    assert altered.fact.outcome is Outcome.FAILED


def test_sha1_is_weak_unless_allowed_and_computed_either_way() -> None:
    digest = _attribute(MESSAGE_DIGEST, der.encode_tlv(der.OCTET_STRING, SHA1.compute(b"entity")))
    signer = replace(_sign_attributes(GOOD[0], digest), digest=_digest(SHA1.oid))
    assert parse_attributes(signer.attributes or b"")
    assert "SHA1" in _check(signer, kind=KeyKind.RSA_2048).weakness
    assert _check(signer, kind=KeyKind.RSA_2048, sha1=True).weakness == ""


def test_lines_of_a_file_are_read_as_canonical_but_not_the_content_of_a_cms_message() -> None:
    signed = encode_signature(b"a\r\nb\r\n", signing_key(build_pki().make_person(ALICE)), build_pki().now)
    signer = parse_signed_data(signed).signers[0]
    outcomes = [
        _check(signer, SignedContent(DATA, octets, is_mime=is_mime)).fact.outcome
        for octets, is_mime in ((b"a\r\nb\r\n", True), (b"a\nb\n", True), (b"a\nb\r\n", True), (b"a\nb\n", False))
    ]
    assert outcomes == [Outcome.PASSED] * 3 + [Outcome.FAILED]


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (b"\x17\x0d491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"\x17\x0d500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (b"\x17\x0d990101000000Z", datetime(1999, 1, 1, tzinfo=UTC)),
        (b"\x18\x0f20500101000000Z", datetime(2050, 1, 1, tzinfo=UTC)),
        (b"\x17\x0d991301000000Z", None),
        (b"\x17\x02\xff\xff", None),
        (b"\x05\x00", None),
    ],
)
def test_reads_the_signing_time(value: bytes, moment: datetime | None) -> None:
    signer = _sign_attributes(*GOOD, _attribute(SIGNING_TIME, value))
    found = _check(signer, kind=KeyKind.RSA_2048)
    assert (found.fact.outcome, found.signed_at) == (Outcome.PASSED, moment)


def test_two_signing_times_are_none() -> None:
    value = b"\x17\x0d491231235959Z"
    signer = _sign_attributes(*GOOD, _attribute(SIGNING_TIME, value, value))
    assert _check(signer, kind=KeyKind.RSA_2048).signed_at is None
