"""The digest and signature algorithms of CMS: read their identifiers, check a signature value.

RFC 3370 and RFC 5754 (RSA, DSA, ECDSA, SHA-2), RFC 4056 (PSS), RFC 8419 (EdDSA). The digest named beside a signature
must be the one its algorithm uses. Old digests are computed, so that "altered" and "too weak" stay different answers;
whether they are believed is the policy's word.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from mssmail.errors import BadSyntax
from mssmail.trust import der
from mssmail.trust.pss import PSS_OID, PssKey, PssParameters, PublicKey, parse_pss_parameters, split_identifier


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
SHA224: Final = Digest("sha224", hashes.SHA224(), "2.16.840.1.101.3.4.2.4", "sha-224", is_weak=True)
SHA256: Final = Digest("sha256", hashes.SHA256(), "2.16.840.1.101.3.4.2.1", "sha-256")
SHA384: Final = Digest("sha384", hashes.SHA384(), "2.16.840.1.101.3.4.2.2", "sha-384")
SHA512: Final = Digest("sha512", hashes.SHA512(), "2.16.840.1.101.3.4.2.3", "sha-512")
SHAKE256: Final = Digest("shake256", hashes.SHAKE256(64), "2.16.840.1.101.3.4.2.12", "shake256")

_ALL: Final = (MD5, SHA1, SHA224, SHA256, SHA384, SHA512, SHAKE256)
_DIGESTS: Final = {der.encode_oid_value(digest.oid): digest for digest in _ALL}


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm; ``digest`` is the one it is bound to, None when the signer names it apart."""

    scheme: Scheme
    digest: Digest | None = None
    mask_digest: Digest | None = None  # of PSS
    parameters: PssParameters | None = None  # of PSS


_ALGORITHMS: Final = {
    der.encode_oid_value(dotted): algorithm
    for dotted, algorithm in {
        "1.2.840.113549.1.1.1": SignatureAlgorithm(Scheme.PKCS1),
        "1.2.840.113549.1.1.4": SignatureAlgorithm(Scheme.PKCS1, MD5),
        "1.2.840.113549.1.1.5": SignatureAlgorithm(Scheme.PKCS1, SHA1),
        "1.2.840.113549.1.1.14": SignatureAlgorithm(Scheme.PKCS1, SHA224),
        "1.2.840.113549.1.1.11": SignatureAlgorithm(Scheme.PKCS1, SHA256),
        "1.2.840.113549.1.1.12": SignatureAlgorithm(Scheme.PKCS1, SHA384),
        "1.2.840.113549.1.1.13": SignatureAlgorithm(Scheme.PKCS1, SHA512),
        "1.2.840.10045.4.1": SignatureAlgorithm(Scheme.ECDSA, SHA1),
        "1.2.840.10045.4.3.1": SignatureAlgorithm(Scheme.ECDSA, SHA224),
        "1.2.840.10045.4.3.2": SignatureAlgorithm(Scheme.ECDSA, SHA256),
        "1.2.840.10045.4.3.3": SignatureAlgorithm(Scheme.ECDSA, SHA384),
        "1.2.840.10045.4.3.4": SignatureAlgorithm(Scheme.ECDSA, SHA512),
        # RFC 3370 §3.1, RFC 5754 §3.1: only where the policy allows such keys.
        "1.2.840.10040.4.1": SignatureAlgorithm(Scheme.DSA),
        "1.2.840.10040.4.3": SignatureAlgorithm(Scheme.DSA, SHA1),
        "2.16.840.1.101.3.4.3.1": SignatureAlgorithm(Scheme.DSA, SHA224),
        "2.16.840.1.101.3.4.3.2": SignatureAlgorithm(Scheme.DSA, SHA256),
        # RFC 8419 §2.3 and §3: Ed25519 goes with SHA-512, Ed448 with SHAKE256 of 512 bits.
        "1.3.101.112": SignatureAlgorithm(Scheme.ED25519, SHA512),
        "1.3.101.113": SignatureAlgorithm(Scheme.ED448, SHAKE256),
    }.items()
}
_MAX_IDENTIFIER: Final = 512
_NULL: Final = der.encode_tlv(der.NULL)

Known = TypeVar("Known", Digest, SignatureAlgorithm)


def find_digest(oid: bytes) -> Digest | None:
    """The digest of an OID (content octets), None when it is none of ours."""
    return _DIGESTS.get(oid)


@lru_cache(maxsize=64)
def parse_digest(identifier: bytes) -> Digest | None:
    """The digest of an AlgorithmIdentifier (DER), None when it is none of ours; raises BadSyntax."""
    oid, parameters = _split_identifier(identifier)
    return _require_none(parameters, _DIGESTS.get(oid))


@lru_cache(maxsize=64)  # few distinct values exist, and PSS parameters cost more to read than to remember
def parse_signature_algorithm(identifier: bytes) -> SignatureAlgorithm | None:
    """The signature algorithm of an AlgorithmIdentifier (DER), None when it is none of ours; raises BadSyntax."""
    oid, parameters = _split_identifier(identifier)
    if oid == PSS_OID:
        return _build_pss(parse_pss_parameters(parameters))
    return _require_none(parameters, _ALGORITHMS.get(oid))


def describe_identifier(identifier: bytes) -> str:
    """The dotted OID of an AlgorithmIdentifier, for reasons."""
    return der.describe_oid(_split_identifier(identifier)[0])


def _split_identifier(identifier: bytes) -> tuple[bytes, bytes]:
    if len(identifier) > _MAX_IDENTIFIER:  # also what keeps the memory of the caches small
        raise BadSyntax("an algorithm identifier is too long")
    return split_identifier(identifier)


def _require_none(parameters: bytes, found: Known | None) -> Known | None:
    """NULL or nothing stands where an algorithm of ours has no parameters (RFC 3370 §3.2, RFC 5754 §2)."""
    if found is not None and parameters not in {b"", _NULL}:
        raise BadSyntax("an algorithm has parameters that it does not know")
    return found


def _build_pss(parameters: PssParameters | None) -> SignatureAlgorithm | None:
    if parameters is None:
        return None
    digest, mask = find_digest(parameters.digest), find_digest(parameters.mask_digest)
    if digest is None or mask is None:
        return None
    return SignatureAlgorithm(Scheme.PSS, digest, mask, parameters)


def may_sign(key: PublicKey, algorithm: SignatureAlgorithm) -> bool:
    """The key is not restricted to other algorithms or parameters (RFC 4055 §1.2)."""
    used = algorithm.parameters
    return not isinstance(key, PssKey) or (used is not None and key.allows(used))


def is_signature_valid(
    key: PublicKey, algorithm: SignatureAlgorithm, digest: Digest, signature: bytes, signed: bytes
) -> bool:
    """The signature value holds over these bytes under the key, which must be of the algorithm's kind and allow it."""
    if isinstance(key, PssKey):
        if not may_sign(key, algorithm):
            return False
        key = key.key
    try:
        match key, algorithm.scheme:
            case rsa.RSAPublicKey(), Scheme.PKCS1:
                key.verify(signature, signed, padding.PKCS1v15(), digest.algorithm)
            case rsa.RSAPublicKey(), Scheme.PSS if algorithm.parameters is not None:
                mask = padding.MGF1((algorithm.mask_digest or digest).algorithm)
                key.verify(signature, signed, padding.PSS(mask, algorithm.parameters.salt_length), digest.algorithm)
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
