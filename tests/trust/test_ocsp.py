"""OCSP answers given as bytes, RFC 6960."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from mssmail.core.verdict import Outcome
from mssmail.errors import BadRevocationList
from mssmail.trust.link import load_link
from mssmail.trust.ocsp import find_responder_fault, load_ocsp
from mssmail.trust.path import verify_path
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.usage import Purpose
from tests.support.odd_certificates import Critical, Odd, hash_for, make_root, usage
from tests.support.pki import NOW

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
APPOINTED: Critical = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False
NO_CHECK: Critical = x509.OCSPNoCheck(), False


def _answer(
    leaf: Odd,
    issuer: Odd,
    responder: Odd,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    start: datetime = NOW - timedelta(hours=1),
    end: datetime | None = NOW + timedelta(days=1),
    algorithm: hashes.HashAlgorithm | None = None,
    by: ocsp.OCSPResponderEncoding = ocsp.OCSPResponderEncoding.HASH,
    nonce: bool = False,
) -> bytes:
    is_revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf.certificate,
        issuer.certificate,
        algorithm or hashes.SHA1(),  # RFC 6960 §4.3: what every client knows; it is no signature
        status,
        start,
        end,
        start if is_revoked else None,
        x509.ReasonFlags.key_compromise if is_revoked else None,
    )
    builder = builder.responder_id(by, responder.certificate)
    if responder is not issuer:
        builder = builder.certificates([responder.certificate])
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(b"12345678"), critical=False)
    return builder.sign(responder.key, hash_for(responder.key)).public_bytes(Encoding.DER)


def _ask(root: Odd, leaf: Odd, *responses: bytes, crls: tuple[bytes, ...] = (), days: int = 0) -> Outcome:
    store = build_trust_store(TrustSnapshot(1, (root.der,), (), crls, responses=responses))
    assert not store.faults
    return verify_path(leaf.der, (), store, Purpose.ANY, NOW + timedelta(days=days)).revocation.outcome


@pytest.fixture
def root() -> Odd:
    return make_root()


@pytest.fixture
def leaf(root: Odd) -> Odd:
    return root.issue("leaf")


@pytest.mark.parametrize("by", list(ocsp.OCSPResponderEncoding))
@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()])
def test_the_issuers_own_answer_counts(
    root: Odd, leaf: Odd, by: ocsp.OCSPResponderEncoding, algorithm: hashes.HashAlgorithm
) -> None:
    assert _ask(root, leaf, _answer(leaf, root, root, by=by, algorithm=algorithm, nonce=True)) is PASSED
    assert _ask(root, leaf, _answer(leaf, root, root, ocsp.OCSPCertStatus.REVOKED, by=by)) is FAILED
    assert _ask(root, leaf, _answer(leaf, root, root, ocsp.OCSPCertStatus.UNKNOWN, by=by)) is UNKNOWN


def test_an_answer_about_another_certificate_or_another_issuer_says_nothing(root: Odd, leaf: Odd) -> None:
    other = make_root("Other")
    assert _ask(root, leaf, _answer(root.issue("second"), root, root)) is UNKNOWN
    assert _ask(root, leaf, _answer(leaf, other, other)) is UNKNOWN


def test_dates_of_answers(root: Odd, leaf: Odd) -> None:
    good, bad = _answer(leaf, root, root), _answer(leaf, root, root, ocsp.OCSPCertStatus.REVOKED)
    undated = _answer(leaf, root, root, end=None)
    later = _answer(leaf, root, root, start=NOW + timedelta(hours=2))
    assert _ask(root, leaf, good, days=2) is UNKNOWN
    assert _ask(root, leaf, bad, days=2) is FAILED  # revocation does not end
    assert _ask(root, leaf, undated) is PASSED
    assert _ask(root, leaf, undated, days=1) is UNKNOWN
    assert _ask(root, leaf, later) is UNKNOWN


def test_an_undated_answer_of_the_last_day_there_is(root: Odd, leaf: Odd) -> None:
    last = datetime(9999, 12, 31, 23, 0, tzinfo=UTC)
    (answer,) = load_ocsp(_answer(leaf, root, root, start=last, end=None))
    assert answer.valid_until > last


def test_lists_and_answers_together(root: Odd, leaf: Odd) -> None:
    good, bad = _answer(leaf, root, root), _answer(leaf, root, root, ocsp.OCSPCertStatus.REVOKED)
    listed = root.build_crl(leaf.certificate.serial_number)
    assert _ask(root, leaf, good, crls=(listed,)) is FAILED
    assert _ask(root, leaf, bad, crls=(root.build_crl(),)) is FAILED
    assert _ask(root, leaf, good, crls=(root.build_crl(end=NOW - timedelta(minutes=1)),)) is PASSED


@pytest.mark.parametrize(
    ("extensions", "outcome"),
    [
        ((APPOINTED, NO_CHECK), PASSED),
        ((APPOINTED,), UNKNOWN),  # its revocation is asked, and nobody tells
        ((NO_CHECK,), UNKNOWN),
        ((APPOINTED, NO_CHECK, usage("key_encipherment")), UNKNOWN),
        (
            (APPOINTED, NO_CHECK, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)),
            UNKNOWN,
        ),
        ((APPOINTED, (x509.OCSPNoCheck(), True), usage("digital_signature")), PASSED),
    ],
)
def test_whom_the_issuer_appointed_may_answer(
    root: Odd, leaf: Odd, extensions: tuple[Critical, ...], outcome: Outcome
) -> None:
    responder = root.issue("Responder", *extensions)
    assert _ask(root, leaf, _answer(leaf, root, responder)) is outcome


def test_a_responder_that_is_revoked_out_of_date_weak_or_appointed_by_somebody_else_is_not_heard(
    root: Odd, leaf: Odd
) -> None:
    plain = root.issue("Responder", APPOINTED)
    gone = root.build_crl(plain.certificate.serial_number, start=NOW - timedelta(days=1), end=NOW - timedelta(hours=1))
    live = root.build_crl(start=NOW - timedelta(days=1), end=NOW + timedelta(hours=1))
    answer = _answer(leaf, root, plain)
    assert _ask(root, leaf, answer, crls=(gone,)) is UNKNOWN
    assert _ask(root, leaf, answer, crls=(live,)) is PASSED
    old = root.issue("Responder", APPOINTED, NO_CHECK, end=NOW - timedelta(days=1))
    assert _ask(root, leaf, _answer(leaf, root, old)) is UNKNOWN
    foreign = make_root("Other").issue("Responder", APPOINTED, NO_CHECK)
    assert _ask(root, leaf, _answer(leaf, root, foreign)) is UNKNOWN
    assert find_responder_fault(load_link(foreign.der), load_link(root.der), NOW) == "the issuer did not appoint it"


def test_an_altered_answer_says_nothing(root: Odd, leaf: Odd) -> None:
    answer = bytearray(_answer(leaf, root, root))
    answer[-5] ^= 1
    assert _ask(root, leaf, bytes(answer)) is UNKNOWN


def test_refuses_what_is_no_successful_response() -> None:
    refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    with pytest.raises(BadRevocationList, match="TRY_LATER"):
        load_ocsp(refusal.public_bytes(Encoding.DER))
    with pytest.raises(BadRevocationList, match="not a readable"):
        load_ocsp(b"junk")
