import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, padding, rsa

from mssmail.lab.pki import KeyKind
from mssmail.trust.signature import is_oversized, is_signed_with
from tests.support.odd_certificates import Odd, make_root, resign_with_sha1
from tests.support.pki import NOW

ROOTS = [make_root(f"Root {kind.value}", kind=kind) for kind in KeyKind if kind is not KeyKind.RSA_1024]


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: str(root.certificate.subject.rfc4514_string()))
def test_signatures_of_every_kind_hold_under_their_own_key_only(root: Odd) -> None:
    for document in (root.issue("leaf").certificate, x509.load_der_x509_crl(root.build_crl())):
        holds = [is_signed_with(document, other.certificate.public_key()) for other in ROOTS]
        assert holds == [other is root for other in ROOTS]


def test_no_key_and_other_kinds_of_key_verify_nothing() -> None:
    certificate = ROOTS[0].issue("leaf").certificate
    assert not is_signed_with(certificate, None)
    assert not is_signed_with(certificate, dsa.generate_private_key(1024).public_key())


def test_verifies_pss_and_sha1() -> None:
    root = make_root("Root rsa-2048", kind=KeyKind.RSA_2048)
    assert isinstance(root.key, rsa.RSAPrivateKey)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.certificate.subject)
    crl = builder.last_update(NOW).next_update(NOW).sign(root.key, hashes.SHA256(), rsa_padding=pss)
    weak = x509.load_der_x509_certificate(resign_with_sha1(root.issue("leaf").der, root.key))
    assert is_signed_with(crl, root.key.public_key())
    assert is_signed_with(weak, root.key.public_key())


def test_the_algorithm_outside_must_be_the_one_inside() -> None:
    root = make_root("Root rsa-2048", kind=KeyKind.RSA_2048)
    leaf = root.issue("leaf")
    assert is_signed_with(leaf.certificate, root.key.public_key())
    at = leaf.der.rindex(bytes.fromhex("2a864886f70d01010b"))
    other = leaf.der[: at + 8] + b"\x0c" + leaf.der[at + 9 :]
    assert not is_signed_with(x509.load_der_x509_certificate(other), root.key.public_key())


def test_the_signature_is_whole_octets() -> None:
    root = make_root("Root p-256")
    for _ in range(64):  # until a signature ends in a zero bit, which the library takes for an unused one
        leaf = root.issue("leaf")
        signature = leaf.certificate.signature
        if not signature[-1] & 1:
            break
    at = leaf.der.rindex(b"\0" + signature)
    odd = x509.load_der_x509_certificate(leaf.der[:at] + b"\1" + signature)
    assert is_signed_with(leaf.certificate, root.key.public_key())
    assert not is_signed_with(odd, root.key.public_key())


@pytest.mark.parametrize(
    ("bits", "exponent", "oversized"),
    [
        (2_048, 3, False),
        (8_192, 65_537, False),
        (3_072, (1 << 64) - 1, False),
        (8_200, 65_537, True),
        (3_072, (1 << 64) + 1, True),
    ],
)
def test_keys_made_to_cost_time_verify_nothing(bits: int, exponent: int, *, oversized: bool) -> None:
    assert is_oversized(rsa.RSAPublicNumbers(exponent, (1 << (bits - 1)) + 1).public_key()) is oversized
