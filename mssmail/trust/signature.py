"""Whether the signature on a certificate or a CRL holds. Which algorithms deserve belief is asked elsewhere."""

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import SignatureAlgorithmOID

from mssmail.errors import BadSyntax
from mssmail.trust import der
from mssmail.trust.pss import PssKey, PublicKey, parse_pss_parameters, split_identifier

_MAX_RSA_BITS: Final = 8_192
_MAX_EXPONENT_BITS: Final = 64

_EDWARDS: Final = {
    SignatureAlgorithmOID.ED25519: ed25519.Ed25519PublicKey,
    SignatureAlgorithmOID.ED448: ed448.Ed448PublicKey,
}

_DSA: Final = (
    SignatureAlgorithmOID.DSA_WITH_SHA1,
    SignatureAlgorithmOID.DSA_WITH_SHA224,
    SignatureAlgorithmOID.DSA_WITH_SHA256,
    SignatureAlgorithmOID.DSA_WITH_SHA384,
    SignatureAlgorithmOID.DSA_WITH_SHA512,
)

_RSA: Final = (
    SignatureAlgorithmOID.RSA_WITH_SHA1,
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
)
_ECDSA: Final = (
    SignatureAlgorithmOID.ECDSA_WITH_SHA1,
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
)


def is_oversized(key: rsa.RSAPublicKey) -> bool:
    """The key is beyond what is in use: a single signature under it can be made to cost as much as hundreds."""
    return key.key_size > _MAX_RSA_BITS or key.public_numbers().e.bit_length() > _MAX_EXPONENT_BITS


def is_signed_with(
    document: x509.Certificate | x509.CertificateRevocationList,
    key: PublicKey | None,
    raw: bytes | None = None,
) -> bool:
    """The signature on the document holds under the key: RSA, DSA, ECDSA or EdDSA; other kinds never do.

    ``raw`` is the DER as received, where the caller has it.
    """
    try:
        return _verify(document, document.public_bytes(Encoding.DER) if raw is None else raw, key)
    except (InvalidSignature, UnsupportedAlgorithm, BadSyntax, ValueError, TypeError):
        return False


def _verify(document: x509.Certificate | x509.CertificateRevocationList, raw: bytes, key: PublicKey | None) -> bool:
    start, end = der.expect_tlv(raw, 0, len(raw), der.SEQUENCE)
    _, stop = der.expect_tlv(raw, start, end, der.SEQUENCE)
    signed = raw[start:stop]
    if not _is_consistent(raw, signed):
        return False
    parameters, algorithm = document.signature_algorithm_parameters, document.signature_hash_algorithm
    if isinstance(key, PssKey):
        if not isinstance(parameters, padding.PSS) or not _is_allowed(key, raw, stop, end):
            return False
        key = key.key
    match key, parameters:
        case rsa.RSAPublicKey(), padding.PKCS1v15() | padding.PSS() if algorithm is not None and not is_oversized(key):
            key.verify(document.signature, signed, parameters, algorithm)
        case ec.EllipticCurvePublicKey(), ec.ECDSA():
            key.verify(document.signature, signed, parameters)
        case dsa.DSAPublicKey(), None if algorithm is not None and _is_dsa(document):
            key.verify(document.signature, signed, algorithm)
        case ((ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey()), None):
            if not isinstance(key, _EDWARDS.get(document.signature_algorithm_oid, ())):
                return False
            key.verify(document.signature, signed)
        case _:
            return False
    return True


def is_octets_signed_with(
    key: PublicKey | None,
    oid: x509.ObjectIdentifier,
    algorithm: hashes.HashAlgorithm | None,
    signature: bytes,
    signed: bytes,
) -> bool:
    """The same for octets whose signature algorithm is an identifier without parameters: no RSA-PSS."""
    try:
        match key:
            case rsa.RSAPublicKey() if algorithm is not None and oid in _RSA and not is_oversized(key):
                key.verify(signature, signed, padding.PKCS1v15(), algorithm)
            case ec.EllipticCurvePublicKey() if algorithm is not None and oid in _ECDSA:
                key.verify(signature, signed, ec.ECDSA(algorithm))
            case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey() if isinstance(key, _EDWARDS.get(oid, ())):
                key.verify(signature, signed)
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _is_allowed(key: PssKey, raw: bytes, start: int, end: int) -> bool:
    """The parameters of the document's signature algorithm, which stands there, are within the key's."""
    _, _, stop = der.read_tlv(raw, start, end)
    used = parse_pss_parameters(split_identifier(raw[start:stop])[1])
    return used is not None and key.allows(used)


def _is_dsa(document: x509.Certificate | x509.CertificateRevocationList) -> bool:
    return document.signature_algorithm_oid in _DSA


def _is_consistent(document: bytes, signed: bytes) -> bool:
    """What the signature itself does not cover, and readers could take either way.

    The algorithm beside the signature is the one inside what is signed (RFC 5280 §4.1.1.2, §5.1.1.2), and the BIT
    STRING of the signature is whole octets.
    """
    start, end = der.expect_tlv(document, 0, len(document), der.SEQUENCE)
    _, _, outer_at = der.read_tlv(document, start, end)
    _, _, outer_end = der.read_tlv(document, outer_at, end)
    value, value_end = der.expect_tlv(document, outer_end, end, der.BIT_STRING)
    at, stop = der.expect_tlv(signed, 0, len(signed), der.SEQUENCE)
    tag, _, after = der.read_tlv(signed, at, stop)
    while tag in {der.CONTEXT_0, der.INTEGER}:  # version, and a certificate's serial number
        at = after
        tag, _, after = der.read_tlv(signed, at, stop)
    has_whole_octets = value_end == end and document[value : value + 1] == b"\0"
    return has_whole_octets and signed[at:after] == document[outer_at:outer_end]
