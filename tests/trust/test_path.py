from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography import x509

from mssmail.core.missing import name_issuers
from mssmail.core.verdict import Outcome
from mssmail.errors import BadCertificate
from mssmail.settings import RevocationMode
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.usage import Purpose
from tests.support.odd_certificates import Critical, Odd, authority, emails, make_root, name, usage
from tests.support.pki import NOW, Pki, build_foreign_pki, build_pki

PASSED, FAILED, UNKNOWN, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED
OFF = SignaturePolicy(revocation=RevocationMode.OFF)


def test_an_anchor_asked_about_itself_is_told_so() -> None:
    root = make_root()
    store = build_trust_store(TrustSnapshot(1, (root.der,), policy=OFF))
    assert "is an anchor itself" in verify_path(root.der, (), store, Purpose.ANY, NOW).chain.reason


def _outcomes(result: PathResult) -> tuple[Outcome, ...]:
    return tuple(fact.outcome for fact in result.facts)


def _verify(leaf: Odd, root: Odd, *between: Odd, days: int = 0) -> PathResult:
    store = build_trust_store(TrustSnapshot(1, (root.der,), policy=OFF))
    return verify_path(leaf.der, [odd.der for odd in between], store, Purpose.SMIME, NOW + timedelta(days=days))


def _verify_in(pki: Pki, leaf: bytes, crls: Sequence[bytes], mode: RevocationMode = RevocationMode.HARD) -> PathResult:
    policy = SignaturePolicy(revocation=mode)
    store = build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, tuple(crls), policy))
    return verify_path(leaf, (), store, Purpose.SMIME, pki.now)


def test_a_person_of_the_trust_space_passes_every_question() -> None:
    pki = build_pki()
    result = _verify_in(pki, pki.make_person("alice@a.test").certificate_der, pki.make_crls())
    assert _outcomes(result) == (PASSED, PASSED, PASSED, PASSED)
    assert result.is_trusted
    assert len(result.path) == 3
    assert result.missing == ()
    assert result.valid_until == pki.now + timedelta(days=7)


def test_an_expired_signer_fails_on_dates_and_passes_on_the_chain() -> None:
    pki = build_pki()
    result = _verify_in(pki, pki.make_expired("old@a.test").certificate_der, pki.make_crls())
    assert _outcomes(result) == (PASSED, FAILED, PASSED, PASSED)
    assert "expired at 2026-05-22" in result.reason


def test_a_signer_of_tomorrow_fails_on_dates() -> None:
    root = make_root()
    result = _verify(root.issue("leaf", start=NOW + timedelta(days=1)), root)
    assert _outcomes(result) == (PASSED, FAILED, SKIPPED, PASSED)
    assert "valid only from" in result.reason


def test_an_expired_authority_fails_the_dates_of_what_it_issued() -> None:
    root = make_root()
    issuing = root.issue("CA", *authority(), end=NOW - timedelta(days=1))
    result = _verify(issuing.issue("leaf"), root, issuing)
    assert _outcomes(result)[:2] == (PASSED, FAILED)
    assert "CN=CA" in result.reason


def test_a_revoked_signer_and_a_revoked_authority_fail_on_revocation() -> None:
    pki = Pki()
    alice = pki.make_person("alice@a.test")
    revoked = _verify_in(pki, alice.certificate_der, pki.make_crls(alice))
    assert _outcomes(revoked) == (PASSED, PASSED, FAILED, PASSED)
    pki.root.revoke(pki.issuing.certificate, pki.now)
    bob = _verify_in(pki, pki.make_person("bob@a.test").certificate_der, pki.make_crls())
    assert _outcomes(bob) == (PASSED, PASSED, FAILED, PASSED)
    assert "CN=Test Issuing" in bob.reason


@pytest.mark.parametrize(
    ("mode", "outcome", "trusted", "named"),
    [
        (RevocationMode.HARD, UNKNOWN, False, True),
        (RevocationMode.SOFT, SKIPPED, True, True),
        (RevocationMode.OFF, SKIPPED, True, False),
    ],
)
def test_a_missing_list_means_what_the_mode_says(
    mode: RevocationMode, outcome: Outcome, *, trusted: bool, named: bool
) -> None:
    pki = build_pki()
    result = _verify_in(pki, pki.make_person("alice@a.test").certificate_der, (), mode)
    assert result.revocation.outcome is outcome
    assert result.is_trusted is trusted
    missing = ("CN=Test Issuing,O=LAB TRUST SPACE,C=FR", "CN=Test Root,O=LAB TRUST SPACE,C=FR")
    assert name_issuers(result.missing) == (missing if named else ())


def test_names_only_the_issuer_whose_list_is_missing() -> None:
    pki = build_pki()
    issuing_crl, root_crl = pki.make_crls()
    alice = pki.make_person("alice@a.test").certificate_der
    assert name_issuers(_verify_in(pki, alice, (root_crl,)).missing) == ("CN=Test Issuing,O=LAB TRUST SPACE,C=FR",)
    assert name_issuers(_verify_in(pki, alice, (issuing_crl,)).missing) == ("CN=Test Root,O=LAB TRUST SPACE,C=FR",)


def test_a_revoked_signer_stays_revoked_under_soft_failure() -> None:
    pki = Pki()
    alice = pki.make_person("alice@a.test")
    issuing_crl, _ = pki.make_crls(alice)
    result = _verify_in(pki, alice.certificate_der, (issuing_crl,), RevocationMode.SOFT)
    assert result.revocation.outcome is FAILED


def test_a_foreign_signer_has_no_chain_and_no_issuer_to_ask() -> None:
    pki, foreign = build_pki(), build_foreign_pki(NOW + timedelta(seconds=1))
    mallory = foreign.make_person("alice@a.test").certificate_der
    result = _verify_in(pki, mallory, pki.make_crls())
    assert _outcomes(result) == (FAILED, PASSED, SKIPPED, PASSED)
    assert result.path == ()


def test_the_wrong_purpose_fails_on_usage() -> None:
    pki = build_pki()
    result = _verify_in(pki, pki.make_operator("mx.a.test").certificate_der, pki.make_crls())
    assert _outcomes(result) == (PASSED, PASSED, PASSED, FAILED)


def test_a_leaf_that_cannot_be_read_is_a_fault_and_an_extra_that_cannot_is_passed_over() -> None:
    root = make_root()
    issuing = root.issue("CA", *authority())
    store = build_trust_store(TrustSnapshot(1, (root.der,), policy=OFF))
    with pytest.raises(BadCertificate):
        verify_path(b"junk", (), store, Purpose.SMIME, NOW)
    leaf = issuing.issue("leaf")
    assert verify_path(leaf.der, (b"junk", issuing.der), store, Purpose.SMIME, NOW).is_trusted


def test_what_is_remembered_ends_with_its_dates() -> None:
    root = make_root()
    leaf = root.issue("leaf", end=NOW + timedelta(days=1))
    store = build_trust_store(TrustSnapshot(1, (root.der,), policy=OFF))
    verdicts = [
        verify_path(leaf.der, (), store, Purpose.SMIME, NOW + timedelta(days=days)).is_trusted
        for days in (0, 0, 2, -11, 0)
    ]
    assert verdicts == [True, True, False, False, True]


def test_what_is_remembered_depends_on_the_certificates_sent_along() -> None:
    root = make_root()
    issuing = root.issue("CA", *authority())
    leaf = issuing.issue("leaf")
    store = build_trust_store(TrustSnapshot(1, (root.der,), policy=OFF))
    assert verify_path(leaf.der, (issuing.der,), store, Purpose.SMIME, NOW).is_trusted
    assert not verify_path(leaf.der, (), store, Purpose.SMIME, NOW).is_trusted


def test_of_several_paths_a_good_one_answers() -> None:
    root = make_root()
    good = root.issue("CA", *authority())
    expired = root.issue("CA", *authority(), key=good.key, end=NOW - timedelta(days=1))
    forbidden = root.issue("CA", key=good.key)
    leaf = good.issue("leaf")
    assert _verify(leaf, root, forbidden, expired, good).is_trusted
    assert _outcomes(_verify(leaf, root, forbidden, expired))[:2] == (PASSED, FAILED)


NOT_CA: tuple[Critical, ...] = (x509.BasicConstraints(ca=False, path_length=None), True), usage("key_cert_sign")
NO_SIGN: tuple[Critical, ...] = authority()[0], usage("digital_signature")
UNKNOWN_CRITICAL: Critical = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True
DEMAND: Critical = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None), True
ONLY_B: Critical = x509.NameConstraints([x509.RFC822Name("b.test")], None), True


@pytest.mark.parametrize(
    ("extensions", "word"),
    [
        ((), "not a CA"),
        (NOT_CA, "not a CA"),
        (NO_SIGN, "does not allow signing"),
        ((*authority(), UNKNOWN_CRITICAL), "1.2.3.4"),
        ((*authority(), DEMAND), "policy"),
        ((*authority(), ONLY_B), "a@a.test"),
        (authority(), ""),
    ],
)
def test_an_authority_must_be_one(extensions: tuple[Critical, ...], word: str) -> None:
    root = make_root()
    issuing = root.issue("CA", *extensions)
    result = _verify(issuing.issue("leaf", emails("a@a.test")), root, issuing)
    assert result.chain.outcome is (FAILED if word else PASSED)
    assert word in result.chain.reason


def test_a_leaf_with_an_unknown_critical_extension_is_refused() -> None:
    root = make_root()
    assert "1.2.3.4" in _verify(root.issue("leaf", UNKNOWN_CRITICAL), root).chain.reason


@pytest.mark.parametrize(("allowed", "passes"), [(None, True), (2, True), (1, True), (0, False)])
def test_path_length_counts_the_authorities_below(allowed: int | None, *, passes: bool) -> None:
    root = make_root()
    upper = root.issue("Upper", *authority(allowed))
    lower = upper.issue("Lower", *authority())
    assert _verify(lower.issue("leaf"), root, upper, lower).is_trusted is passes
    assert _verify(upper.issue("leaf"), root, upper).is_trusted


def test_path_length_does_not_count_self_issued_certificates() -> None:
    root = make_root()
    old = root.issue("Same", *authority(0))
    new = old.issue("Same", *authority(0), key=make_root("New").key)
    assert _verify(new.issue("leaf"), root, old, new).is_trusted


def test_the_anchors_own_path_length_counts() -> None:
    root = make_root("Short", *authority(0))
    issuing = root.issue("CA", *authority())
    assert not _verify(issuing.issue("leaf"), root, issuing).is_trusted
    assert _verify(root.issue("leaf"), root).is_trusted


def test_name_constraints_spare_self_issued_authorities_but_not_leaves() -> None:
    root = make_root()
    inner: Critical = x509.NameConstraints([x509.DirectoryName(x509.Name(name("x", "CHU").rdns[:2]))], None), True
    old = root.issue(name("CA", "Odd"), *authority(), inner)
    new = old.issue(name("CA", "Odd"), *authority(), key=make_root("New").key)
    assert _verify(new.issue(name("leaf", "CHU")), root, old, new).is_trusted
    assert not _verify(new.issue(name("leaf", "Odd")), root, old, new).is_trusted
    assert not _verify(old.issue(name("CA", "Odd")), root, old).is_trusted
