import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Use

from mssmail.lab.pki import KeyKind
from mssmail.trust.link import load_link
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.usage import Purpose, find_key_fault, find_usage_fault
from tests.support.odd_certificates import Critical, Odd, authority, make_root, resign_with_sha1, usage

SHA1 = SignaturePolicy(allow_sha1=True)


PURPOSES = tuple(purpose for purpose in Purpose if purpose is not Purpose.ANY)


def _uses(*oids: x509.ObjectIdentifier) -> Critical:
    return x509.ExtendedKeyUsage(oids), False


def _fault(purpose: Purpose, *chain: Odd, policy: SignaturePolicy | None = None) -> str:
    return find_usage_fault(tuple(load_link(odd.der) for odd in chain), purpose, policy or SignaturePolicy())


@pytest.mark.parametrize(
    ("bits", "fit"),
    [
        ((), set(PURPOSES)),
        (("digital_signature",), set(PURPOSES)),
        (("content_commitment",), {Purpose.SMIME, Purpose.LIST_SIGNER}),
        (("key_encipherment",), {Purpose.TLS_SERVER}),
        (("key_agreement",), {Purpose.TLS_SERVER, Purpose.TLS_CLIENT}),
        (("key_cert_sign",), set()),
    ],
)
def test_the_key_usage_of_the_leaf_must_fit(bits: tuple[str, ...], fit: set[Purpose]) -> None:
    root = make_root()
    leaf = root.issue("leaf", usage(*bits)) if bits else root.issue("leaf")
    assert {purpose for purpose in PURPOSES if not _fault(purpose, leaf, root)} == fit


@pytest.mark.parametrize(
    ("oids", "fit"),
    [
        ((Use.EMAIL_PROTECTION,), {Purpose.SMIME, Purpose.LIST_SIGNER}),
        ((Use.CLIENT_AUTH, Use.SERVER_AUTH), {Purpose.TLS_CLIENT, Purpose.TLS_SERVER}),
        ((Use.ANY_EXTENDED_KEY_USAGE,), set(PURPOSES)),
        ((Use.CODE_SIGNING,), set()),
        ((x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),), {Purpose.LIST_SIGNER}),  # RFC 9336
    ],
)
def test_the_extended_usage_of_leaf_and_intermediate_must_fit(
    oids: tuple[x509.ObjectIdentifier, ...], fit: set[Purpose]
) -> None:
    root = make_root()
    assert {purpose for purpose in PURPOSES if not _fault(purpose, root.issue("leaf", _uses(*oids)), root)} == fit
    issuing = root.issue("CA", *authority(), _uses(*oids))
    chain = issuing.issue("leaf"), issuing, root
    assert {purpose for purpose in PURPOSES if not _fault(purpose, *chain)} == fit


def test_the_anchors_own_extended_usage_binds_nobody() -> None:
    root = make_root("Narrow", *authority(), _uses(Use.CODE_SIGNING))
    assert _fault(Purpose.SMIME, root.issue("leaf"), root) == ""


def test_small_keys_are_refused_anywhere_in_the_path() -> None:
    root = make_root()
    small = root.issue("small", kind=KeyKind.RSA_1024)
    assert "1024 bits" in _fault(Purpose.SMIME, small, root)
    assert _fault(Purpose.SMIME, small, root, policy=SignaturePolicy(min_rsa_bits=1024)) == ""
    issuing = root.issue("small CA", *authority(), kind=KeyKind.RSA_1024)
    assert "CN=small CA" in _fault(Purpose.SMIME, issuing.issue("leaf"), issuing, root)


def test_only_well_known_kinds_of_key_are_accepted() -> None:
    policy = SignaturePolicy()
    assert find_key_fault(ec.generate_private_key(ec.SECP521R1()).public_key(), policy) == ""
    assert find_key_fault(ec.generate_private_key(ec.BrainpoolP256R1()).public_key(), policy) == ""
    assert "larger than any" in find_key_fault(
        rsa.RSAPublicNumbers((1 << 80) + 1, (1 << 4_000) + 1).public_key(), policy
    )
    assert find_key_fault(ed448.Ed448PrivateKey.generate().public_key(), policy) == ""
    assert "secp256k1" in find_key_fault(ec.generate_private_key(ec.SECP256K1()).public_key(), policy)
    assert find_key_fault(dsa.generate_private_key(1024).public_key(), policy)
    assert find_key_fault(None, policy)


def test_sha1_is_refused_below_the_anchor_unless_allowed() -> None:
    root = make_root("RSA Root", kind=KeyKind.RSA_2048)
    weak_root = Odd(x509.load_der_x509_certificate(resign_with_sha1(root.der, root.key)), root.key)
    strong = root.issue("leaf")
    weak = Odd(x509.load_der_x509_certificate(resign_with_sha1(strong.der, root.key)), strong.key)
    assert "SHA1" in _fault(Purpose.SMIME, weak, root)
    assert _fault(Purpose.SMIME, weak, root, policy=SHA1) == ""
    assert _fault(Purpose.SMIME, strong, weak_root) == ""
    assert "SHA1" in _fault(Purpose.SMIME, weak)
