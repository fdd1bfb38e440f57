import hashlib

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from mssmail.errors import BadSyntax
from mssmail.smime.algorithms import (
    MD5,
    SHA1,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    SHAKE256,
    Digest,
    Scheme,
    SignatureAlgorithm,
    describe_identifier,
    is_signature_valid,
    parse_digest,
    parse_signature_algorithm,
)
from mssmail.trust import der
from mssmail.trust.pss import PssParameters


def _identifier(dotted: str, parameters: bytes = b"") -> bytes:
    return der.encode_tlv(der.SEQUENCE, der.encode_oid(dotted), parameters)


def _pss(**parameters: object) -> bytes:
    return bytes(algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters}).dump())


@pytest.mark.parametrize("digest", [MD5, SHA1, SHA224, SHA256, SHA384, SHA512], ids=lambda digest: str(digest.name))
def test_digests_are_those_of_hashlib(digest: Digest) -> None:
    assert digest.compute(b"abc") == hashlib.new(digest.name, b"abc").digest()
    assert parse_digest(_identifier(digest.oid)) is digest
    assert parse_digest(_identifier(digest.oid, b"\x05\x00")) is digest


def test_shake256_gives_512_bits() -> None:
    assert SHAKE256.compute(b"abc") == hashlib.shake_256(b"abc").digest(64)


def test_unknown_and_broken_identifiers() -> None:
    assert parse_digest(_identifier("1.2.3.4")) is None
    assert parse_signature_algorithm(_identifier("1.2.3.4")) is None
    assert describe_identifier(_identifier("1.2.3.4")) == "1.2.3.4"
    for broken in (b"", b"\x05\x00", b"\x30\x00", _identifier("1.2.3.4", bytes(600))):
        with pytest.raises(BadSyntax):
            parse_digest(broken)


@pytest.mark.parametrize("parameters", [b"\x04\x00", b"\x05\x01\x00", b"\x05\x00\x05\x00", b"\x30\x00"])
def test_parameters_where_there_are_none_are_refused(parameters: bytes) -> None:
    with pytest.raises(BadSyntax, match="parameters"):
        parse_signature_algorithm(_identifier("1.2.840.113549.1.1.1", parameters))
    with pytest.raises(BadSyntax, match="parameters"):
        parse_digest(_identifier(SHA256.oid, parameters))
    known = parse_signature_algorithm(_identifier("1.2.840.113549.1.1.1", b"\x05\x00"))
    assert known == SignatureAlgorithm(Scheme.PKCS1)
    assert parse_signature_algorithm(_identifier("1.2.3.4", parameters)) is None


@pytest.mark.parametrize(
    ("dotted", "scheme", "digest"),
    [
        ("1.2.840.113549.1.1.1", Scheme.PKCS1, None),
        ("1.2.840.113549.1.1.14", Scheme.PKCS1, SHA224),
        ("1.2.840.10045.4.3.1", Scheme.ECDSA, SHA224),
        ("1.2.840.113549.1.1.11", Scheme.PKCS1, SHA256),
        ("1.2.840.113549.1.1.5", Scheme.PKCS1, SHA1),
        ("1.2.840.10045.4.3.3", Scheme.ECDSA, SHA384),
        ("1.3.101.112", Scheme.ED25519, SHA512),
    ],
)
def test_reads_signature_algorithms(dotted: str, scheme: Scheme, digest: Digest | None) -> None:
    assert parse_signature_algorithm(_identifier(dotted)) == SignatureAlgorithm(scheme, digest)


def test_reads_pss_parameters_and_their_defaults() -> None:
    defaults = _identifier("1.2.840.113549.1.1.10", b"\x30\x00")
    assert parse_signature_algorithm(defaults) == SignatureAlgorithm(Scheme.PSS, SHA1, SHA1, PssParameters())
    sha256 = {"algorithm": "sha256"}
    mask = {"algorithm": "mgf1", "parameters": {"algorithm": "sha384"}}
    found = parse_signature_algorithm(_pss(hash_algorithm=sha256, mask_gen_algorithm=mask, salt_length=32))
    used = PssParameters(der.encode_oid_value(SHA256.oid), der.encode_oid_value(SHA384.oid), 32)
    assert found == SignatureAlgorithm(Scheme.PSS, SHA256, SHA384, used)


@pytest.mark.parametrize("parameters", [{"hash_algorithm": {"algorithm": "md2"}}, {"salt_length": 513}])
def test_odd_pss_parameters_are_none_of_ours(parameters: dict[str, object]) -> None:
    assert parse_signature_algorithm(_pss(**parameters)) is None


@pytest.mark.parametrize(
    "parameters",
    [
        b"",
        b"\x05\x00",
        der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.CONTEXT_2, b"\x02\x01\xff")),
        der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.CONTEXT_2, b"\x02\x03\x01\x00\x00")),
        der.encode_tlv(der.SEQUENCE, *[der.encode_tlv(der.CONTEXT_2, b"\x02\x01\x20")] * 2),
    ],
)
def test_malformed_pss_parameters_are_refused(parameters: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_signature_algorithm(_identifier("1.2.840.113549.1.1.10", parameters))


def test_another_trailer_or_mask_is_none_of_ours() -> None:
    trailer = der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.CONTEXT_3, b"\x02\x01\x02"))
    mask = der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.CONTEXT_1, _identifier("1.2.3.4")))
    assert parse_signature_algorithm(_identifier("1.2.840.113549.1.1.10", trailer)) is None
    assert parse_signature_algorithm(_identifier("1.2.840.113549.1.1.10", mask)) is None


RSA, P256 = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
ED25519, ED448 = ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()
USED = PssParameters(der.encode_oid_value(SHA256.oid), der.encode_oid_value(SHA256.oid), 32)
PSS = SignatureAlgorithm(Scheme.PSS, SHA256, SHA256, USED)
MADE: list[tuple[SignatureAlgorithm, CertificatePublicKeyTypes, bytes]] = [
    (SignatureAlgorithm(Scheme.PKCS1), RSA.public_key(), RSA.sign(b"x", padding.PKCS1v15(), hashes.SHA256())),
    (PSS, RSA.public_key(), RSA.sign(b"x", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())),
    (SignatureAlgorithm(Scheme.ECDSA), P256.public_key(), P256.sign(b"x", ec.ECDSA(hashes.SHA256()))),
    (SignatureAlgorithm(Scheme.ED25519), ED25519.public_key(), ED25519.sign(b"x")),
    (SignatureAlgorithm(Scheme.ED448), ED448.public_key(), ED448.sign(b"x")),
]


@pytest.mark.parametrize(("algorithm", "key", "signature"), MADE, ids=["pkcs1", "pss", "ecdsa", "ed25519", "ed448"])
def test_a_signature_holds_under_its_own_algorithm_and_key(
    algorithm: SignatureAlgorithm, key: CertificatePublicKeyTypes, signature: bytes
) -> None:
    for other_algorithm, other_key, _ in MADE:
        wanted = other_algorithm is algorithm and other_key is key
        assert is_signature_valid(other_key, other_algorithm, SHA256, signature, b"x") is wanted
    assert not is_signature_valid(key, algorithm, SHA256, signature, b"y")
    assert not is_signature_valid(key, algorithm, SHA256, b"", b"x")


def test_a_key_of_another_kind_verifies_nothing() -> None:
    key = dsa.generate_private_key(1024).public_key()
    assert not is_signature_valid(key, SignatureAlgorithm(Scheme.PKCS1), SHA256, b"", b"x")
