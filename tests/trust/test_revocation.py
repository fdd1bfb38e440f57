from datetime import timedelta

import pytest
from cryptography import x509

from mssmail.core.verdict import Outcome
from mssmail.lab.pki import KeyKind
from mssmail.trust.crl import load_crl
from mssmail.trust.link import load_link
from mssmail.trust.revocation import RevocationCheck, RevocationIndex
from tests.support.odd_certificates import Critical, Odd, authority, make_root, name, point, resign_with_sha1, usage
from tests.support.pki import NOW


def _serial(odd: Odd) -> int:
    return odd.certificate.serial_number


def _check(index: RevocationIndex, days: int = 0) -> RevocationCheck:
    return RevocationCheck(index, NOW + timedelta(days=days), lambda name: (), lambda key: "")


def _ask(root: Odd, leaf: Odd, *crls: bytes, days: int = 0) -> tuple[Outcome, str]:
    index = RevocationIndex(load_crl(crl) for crl in crls)
    status = _check(index, days).find_status(load_link(leaf.der), load_link(root.der))
    return status.outcome, status.reason


def test_answers_passed_revoked_and_missing() -> None:
    root = make_root()
    leaf = root.issue("leaf")
    assert _ask(root, leaf, root.build_crl(12345))[0] is Outcome.PASSED
    outcome, reason = _ask(root, leaf, root.build_crl(_serial(leaf)))
    assert outcome is Outcome.FAILED
    assert f"serial {_serial(leaf):X}" in reason
    assert _ask(root, leaf)[0] is Outcome.UNKNOWN


def test_a_list_past_its_next_update_convicts_but_does_not_acquit() -> None:
    root = make_root()
    leaf = root.issue("leaf")
    assert _ask(root, leaf, root.build_crl(), days=8) == (
        Outcome.UNKNOWN,
        "the CRL of CN=Odd Root,O=Odd,C=FR ended at 2026-06-08 12:00Z",
    )
    assert _ask(root, leaf, root.build_crl(_serial(leaf)), days=8)[0] is Outcome.FAILED


def test_the_newest_list_in_force_decides() -> None:
    root = make_root()
    leaf = root.issue("leaf")
    held = root.build_crl(_serial(leaf), start=NOW - timedelta(days=2))
    released = root.build_crl(start=NOW - timedelta(days=1))
    tomorrow = root.build_crl(_serial(leaf), start=NOW + timedelta(days=1))
    assert _ask(root, leaf, held, released, tomorrow)[0] is Outcome.PASSED
    assert _ask(root, leaf, tomorrow) == (
        Outcome.UNKNOWN,
        f"no usable CRL of CN=Odd Root,O=Odd,C=FR for {load_link(leaf.der).text}: it starts only at 2026-06-02 12:00Z",
    )


def test_a_list_is_believed_only_from_the_key_that_issued_the_certificate() -> None:
    root, impostor = make_root(), make_root("Impostor")
    leaf = root.issue("leaf")
    forged = impostor.build_crl(issuer=root.certificate.subject)
    assert _ask(root, leaf, forged)[0] is Outcome.UNKNOWN
    assert _ask(root, leaf, forged, root.build_crl(_serial(leaf)))[0] is Outcome.FAILED


def test_a_ca_that_may_not_sign_lists_is_not_believed() -> None:
    root = make_root("Only certificates", authority()[0], usage("key_cert_sign"))
    assert _ask(root, root.issue("leaf"), root.build_crl())[0] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("extension", "word"),
    [
        ((x509.DeltaCRLIndicator(1), True), "no usable CRL"),
        ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True), "1.2.3.4"),
        (point(only_contains_attribute_certs=True), "attribute"),
        (point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})), "not cover every reason"),
        (point(relative_name=x509.RelativeDistinguishedName(name("x").rdns[0])), "another distribution point"),
    ],
)
def test_a_list_for_something_else_acquits_nobody(extension: Critical, word: str) -> None:
    root = make_root()
    outcome, reason = _ask(root, root.issue("leaf"), root.build_crl(extensions=[extension]))
    assert outcome is Outcome.UNKNOWN
    assert word in reason


def test_one_entry_with_an_unknown_critical_extension_spoils_the_list() -> None:
    root = make_root()
    leaf = root.issue("leaf")
    odd = x509.CertificateIssuer([x509.DirectoryName(name("Other"))])
    spoilt = root.build_crl(1, 2, entry_extensions=[(odd, True)])
    assert _ask(root, leaf, spoilt)[0] is Outcome.UNKNOWN
    reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
    assert _ask(root, leaf, root.build_crl(1, entry_extensions=[(reason, True)]))[0] is Outcome.PASSED


def test_a_weak_hash_on_the_list_is_refused_unless_allowed() -> None:
    root = make_root("RSA Root", kind=KeyKind.RSA_2048)
    leaf, issuer = load_link(root.issue("leaf").der), load_link(root.der)
    crl = load_crl(resign_with_sha1(root.build_crl(), root.key))
    assert _check(RevocationIndex([crl])).find_status(leaf, issuer).outcome is Outcome.UNKNOWN
    assert _check(RevocationIndex([crl], allow_sha1=True)).find_status(leaf, issuer).outcome is Outcome.PASSED
