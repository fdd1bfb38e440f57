"""Keys for RSASSA-PSS only: nothing else, and nothing beyond their parameters, is verified with them (RFC 4055)."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.errors import BadSyntax
from mssmail.lab.pki import KeyKind
from mssmail.trust import der
from mssmail.trust.certificate import load_certificate, read_public_key
from mssmail.trust.link import Link
from mssmail.trust.pss import PssKey, PssParameters, build_pss_key, parse_pss_parameters
from mssmail.trust.signature import is_signed_with
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.usage import find_key_fault
from tests.support.odd_certificates import Odd, authority, make_root
from tests.support.pss import Pss, restrict

ROOT = make_root()
CA = ROOT.issue("PSS CA", *authority(), kind=KeyKind.RSA_2048)
LEAF = CA.issue("leaf", kind=KeyKind.RSA_2048)
SHA256 = der.encode_oid_value("2.16.840.1.101.3.4.2.1")
LIMITS = PssParameters(SHA256, SHA256, 32)


def _link(raw: bytes) -> Link:
    return Link(raw, load_certificate(raw))


def _read(limits: Pss | None, holder: Odd = CA) -> PssKey:
    raw = restrict(holder.certificate, ROOT.key, limits)
    key = read_public_key(load_certificate(raw), raw)
    assert isinstance(key, PssKey)
    return key


def test_a_restricted_key_is_a_kind_of_its_own() -> None:
    assert _read(Pss()).limits == LIMITS
    assert _read(None).limits is None
    assert _read(Pss()).key == CA.certificate.public_key()
    plain = LEAF.certificate
    assert isinstance(read_public_key(plain, plain.public_bytes(Encoding.DER)), rsa.RSAPublicKey)


@pytest.mark.parametrize(
    ("limits", "made", "holds"),
    [
        (Pss(), Pss(), True),
        (Pss(), Pss(salt=48), True),
        (Pss(), Pss(salt=20), False),
        (Pss(), Pss(digest="sha384"), False),
        (Pss(), Pss(mask="sha384"), False),
        (None, Pss(), True),
        (None, Pss("sha384", "sha256", 0), True),
        (Pss(), None, False),
        (None, None, False),
    ],
)
def test_a_certificate_is_signed_within_its_issuers_limits(limits: Pss | None, made: Pss | None, holds: bool) -> None:
    raw = restrict(LEAF.certificate, CA.key, None, made)
    certificate = load_certificate(raw)
    assert is_signed_with(certificate, CA.certificate.public_key(), raw)  # the same key, unrestricted
    assert is_signed_with(certificate, _read(limits), raw) is holds


def test_the_key_of_a_link_and_its_name_among_keys_tell_of_the_limits() -> None:
    plain, restricted = _link(CA.der), _link(restrict(CA.certificate, ROOT.key, Pss()))
    assert isinstance(restricted.public_key, PssKey)
    assert plain.spki != restricted.spki != b""
    assert find_key_fault(restricted.public_key, SignaturePolicy()) == ""
    assert "2048 bits" in find_key_fault(restricted.public_key, SignaturePolicy(min_rsa_bits=3_072))


def test_a_key_whose_limits_cannot_be_told_is_none() -> None:
    trailer = der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.CONTEXT_3, b"\x02\x01\x02"))
    key = CA.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    oid = der.encode_oid("1.2.840.113549.1.1.10")
    info = der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.SEQUENCE, oid, trailer), b"\x03\x01\x00")
    assert build_pss_key(key, info) is None
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert build_pss_key(other, der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.SEQUENCE, oid))) is None
    with pytest.raises(BadSyntax):
        build_pss_key(key, b"")


def test_parameters_have_defaults() -> None:
    sha1 = der.encode_oid_value("1.3.14.3.2.26")
    assert parse_pss_parameters(b"\x30\x00") == PssParameters(sha1, sha1, 20)


def test_openssl_writes_such_keys_so(tmp_path: Path) -> None:
    options = ("rsa_keygen_bits:2048", "rsa_pss_keygen_md:sha256", "rsa_pss_keygen_mgf1_md:sha256")
    chosen = [part for option in (*options, "rsa_pss_keygen_saltlen:32") for part in ("-pkeyopt", option)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa-pss", *chosen, "-nodes", "-subj", "/CN=x", "-days", "3"]
    signing = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sha256"]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")]
    try:
        subprocess.run([*command, *signing, *files], check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("the openssl command is not installed")
    certificate = x509.load_pem_x509_certificate((tmp_path / "certificate").read_bytes())
    link = _link(certificate.public_bytes(Encoding.DER))
    assert isinstance(link.public_key, PssKey)
    assert link.public_key.limits == LIMITS
    assert is_signed_with(link.certificate, link.public_key, link.der)
