"""The digest and signature algorithms of CMS: read their identifiers, check a signature value.

RFC 5754 (SHA-2, RSA, DSA, ECDSA), RFC 4056 (PSS), RFC 8419 (EdDSA). The digest named beside a signature must be the
one its algorithm uses. Old digests are computed, so that "altered" and "too weak" stay different answers; whether they
are believed is the policy's word.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from mssmail.errors import BadSyntax
from mssmail.trust import der


class Scheme(Enum):
    """How a signature value is made."""

    PKCS1 = "RSA PKCS #1 v1.5"
    PSS = "RSA PSS"
    ECDSA = "ECDSA"
    DSA = "DSA"
    ED25519 = "Ed25519"
    ED448 = "Ed448"


@dataclass(frozen=True, slots=True, eq=False)
class Digest:
    """A digest algorithm under the names of its users: hashlib, cryptography, micalg (RFC 8551 §3.5.3.2)."""

    name: str
    algorithm: hashes.HashAlgorithm
    oid: str
    micalg: str
    is_weak: bool = False

    def compute(self, content: bytes) -> bytes:
        """The digest of the content."""
        if isinstance(self.algorithm, hashes.SHAKE256):
            return hashlib.shake_256(content).digest(self.algorithm.digest_size)
        return hashlib.new(self.name, content, usedforsecurity=not self.is_weak).digest()


MD5: Final = Digest("md5", hashes.MD5(), "1.2.840.113549.2.5", "md5", is_weak=True)  # noqa: S303 - never believed
SHA1: Final = Digest("sha1", hashes.SHA1(), "1.3.14.3.2.26", "sha-1", is_weak=True)  # noqa: S303
SHA256: Final = Digest("sha256", hashes.SHA256(), "2.16.840.1.101.3.4.2.1", "sha-256")
SHA384: Final = Digest("sha384", hashes.SHA384(), "2.16.840.1.101.3.4.2.2", "sha-384")
SHA512: Final = Digest("sha512", hashes.SHA512(), "2.16.840.1.101.3.4.2.3", "sha-512")
SHAKE256: Final = Digest("shake256", hashes.SHAKE256(64), "2.16.840.1.101.3.4.2.12", "shake256")

_DIGESTS: Final = {der.encode_oid_value(digest.oid): digest for digest in (MD5, SHA1, SHA256, SHA384, SHA512, SHAKE256)}


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm; ``digest`` is the one it is bound to, None when the signer names it apart."""

    scheme: Scheme
    digest: Digest | None = None
    mask_digest: Digest | None = None  # of PSS
    salt_length: int = 0  # of PSS


_PSS_OID: Final = der.encode_oid_value("1.2.840.113549.1.1.10")
_MGF1_OID: Final = der.encode_oid_value("1.2.840.113549.1.1.8")
_ALGORITHMS: Final = {
    der.encode_oid_value(dotted): algorithm
    for dotted, algorithm in {
        "1.2.840.113549.1.1.1": SignatureAlgorithm(Scheme.PKCS1),
        "1.2.840.113549.1.1.4": SignatureAlgorithm(Scheme.PKCS1, MD5),
        "1.2.840.113549.1.1.5": SignatureAlgorithm(Scheme.PKCS1, SHA1),
        "1.2.840.113549.1.1.11": SignatureAlgorithm(Scheme.PKCS1, SHA256),
        "1.2.840.113549.1.1.12": SignatureAlgorithm(Scheme.PKCS1, SHA384),
        "1.2.840.113549.1.1.13": SignatureAlgorithm(Scheme.PKCS1, SHA512),
        "1.2.840.10045.4.1": SignatureAlgorithm(Scheme.ECDSA, SHA1),
        "1.2.840.10045.4.3.2": SignatureAlgorithm(Scheme.ECDSA, SHA256),
        "1.2.840.10045.4.3.3": SignatureAlgorithm(Scheme.ECDSA, SHA384),
        "1.2.840.10045.4.3.4": SignatureAlgorithm(Scheme.ECDSA, SHA512),
        # RFC 3370 §3.1, RFC 5754 §3.1: only where the policy allows such keys.
        "1.2.840.10040.4.1": SignatureAlgorithm(Scheme.DSA),
        "1.2.840.10040.4.3": SignatureAlgorithm(Scheme.DSA, SHA1),
        "2.16.840.1.101.3.4.3.2": SignatureAlgorithm(Scheme.DSA, SHA256),
        # RFC 8419 §2.3 and §3: Ed25519 goes with SHA-512, Ed448 with SHAKE256 of 512 bits.
        "1.3.101.112": SignatureAlgorithm(Scheme.ED25519, SHA512),
        "1.3.101.113": SignatureAlgorithm(Scheme.ED448, SHAKE256),
    }.items()
}
_PSS_DEFAULTS: Final = SignatureAlgorithm(Scheme.PSS, SHA1, SHA1, 20)  # RFC 4055 §3.1
_MAX_SALT: Final = 512
_MAX_IDENTIFIER: Final = 512


@lru_cache(maxsize=64)
def parse_digest(identifier: bytes) -> Digest | None:
    """The digest of an AlgorithmIdentifier (DER), None when it is none of ours; raises BadSyntax."""
    oid, _ = _split_identifier(identifier)
    return _DIGESTS.get(oid)


@lru_cache(maxsize=64)  # few distinct values exist, and PSS parameters cost more to read than to remember
def parse_signature_algorithm(identifier: bytes) -> SignatureAlgorithm | None:
    """The signature algorithm of an AlgorithmIdentifier (DER), None when it is none of ours; raises BadSyntax."""
    oid, parameters = _split_identifier(identifier)
    return _parse_pss(parameters) if oid == _PSS_OID else _ALGORITHMS.get(oid)


def describe_identifier(identifier: bytes) -> str:
    """The dotted OID of an AlgorithmIdentifier, for reasons."""
    return der.describe_oid(_split_identifier(identifier)[0])


def _split_identifier(identifier: bytes) -> tuple[bytes, bytes]:
    """AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL } (RFC 5280 §4.1.1.2)."""
    if len(identifier) > _MAX_IDENTIFIER:  # also what keeps the memory of the caches small
        raise BadSyntax("an algorithm identifier is too long")
    start, end = der.expect_tlv(identifier, 0, len(identifier), der.SEQUENCE)
    oid_start, oid_end = der.expect_tlv(identifier, start, end, der.OID)
    return identifier[oid_start:oid_end], identifier[oid_end:end]


def _parse_pss(parameters: bytes) -> SignatureAlgorithm | None:
    """RSASSA-PSS-params ::= SEQUENCE { [0] hash, [1] mask generation, [2] salt length, [3] trailer }, RFC 4055 §3.1."""
    start, end = der.expect_tlv(parameters, 0, len(parameters), der.SEQUENCE)
    digest: Digest | None = _PSS_DEFAULTS.digest
    mask: Digest | None = _PSS_DEFAULTS.mask_digest
    salt, previous = _PSS_DEFAULTS.salt_length, -1
    for tag, _, inner, stop in der.split_elements(parameters, start, end, 4):
        if tag <= previous:
            raise BadSyntax("PSS parameters are out of order")
        previous = tag
        if tag == der.CONTEXT_0:
            digest = parse_digest(parameters[inner:stop])
        elif tag == der.CONTEXT_1:
            mask = _parse_mask(parameters[inner:stop])
        elif tag == der.CONTEXT_2:
            salt = _parse_small_integer(parameters[inner:stop])
        elif tag != der.CONTEXT_3 or _parse_small_integer(parameters[inner:stop]) != 1:
            return None
    if digest is None or mask is None or salt > _MAX_SALT:
        return None
    return SignatureAlgorithm(Scheme.PSS, digest, mask, salt)


def _parse_mask(identifier: bytes) -> Digest | None:
    oid, parameters = _split_identifier(identifier)
    return parse_digest(parameters) if oid == _MGF1_OID else None


def _parse_small_integer(element: bytes) -> int:
    start, end = der.expect_tlv(element, 0, len(element), der.INTEGER)
    if end != len(element) or not 1 <= end - start <= 2 or element[start] >= 0x80:
        raise BadSyntax("not a small number")
    return int.from_bytes(element[start:end], "big")


def is_signature_valid(
    key: CertificatePublicKeyTypes, algorithm: SignatureAlgorithm, digest: Digest, signature: bytes, signed: bytes
) -> bool:
    """The signature value holds over these bytes under the key, which must be of the algorithm's kind."""
    try:
        match key, algorithm.scheme:
            case rsa.RSAPublicKey(), Scheme.PKCS1:
                key.verify(signature, signed, padding.PKCS1v15(), digest.algorithm)
            case rsa.RSAPublicKey(), Scheme.PSS:
                mask = padding.MGF1((algorithm.mask_digest or digest).algorithm)
                key.verify(signature, signed, padding.PSS(mask, algorithm.salt_length), digest.algorithm)
            case ec.EllipticCurvePublicKey(), Scheme.ECDSA:
                key.verify(signature, signed, ec.ECDSA(digest.algorithm))
            case dsa.DSAPublicKey(), Scheme.DSA:
                key.verify(signature, signed, digest.algorithm)
            case ed25519.Ed25519PublicKey(), Scheme.ED25519:
                key.verify(signature, signed)
            case ed448.Ed448PublicKey(), Scheme.ED448:
                key.verify(signature, signed)
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
