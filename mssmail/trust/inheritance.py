"""DSA keys that leave their parameters to their issuer's key: RFC 5280 §6.1.4 (d) to (f), RFC 3279 §2.3.2.

The library reads no such certificate. It is read under an algorithm of the same length that nobody knows, so that all
but the key is there; the key is made whole once a search has found whose parameters it takes. What is signed, hashed
and kept stays as received.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import dsa

from mssmail.errors import BadSyntax
from mssmail.trust import der
from mssmail.trust.pss import PublicKey

# AlgorithmIdentifier { id-dsa } without parameters.
_INHERITING: Final = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.10040.4.1"))
_UNKNOWN: Final = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.10040.4.127"))
_MAX_FIELDS: Final = 16


def cut_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo as it stands in a DER certificate; empty when there is none."""
    place = _find_key_info(certificate)
    return b"" if place is None else der.encode_tlv(der.SEQUENCE, certificate[place[0] : place[1]])


def find_inheriting_key(certificate: bytes) -> tuple[int, int] | None:
    """The same of a DSA key without parameters."""
    place = _find_key_info(certificate)
    return place if place is not None and certificate.startswith(_INHERITING, place[0]) else None


def mask_inheriting_key(certificate: bytes) -> bytes:
    """The certificate with the algorithm of such a key replaced; unchanged when it holds none."""
    place = find_inheriting_key(certificate)
    if place is None:
        return certificate
    return certificate[: place[0]] + _UNKNOWN + certificate[place[0] + len(_UNKNOWN) :]


def complete_key(certificate: bytes, giver: PublicKey | None) -> dsa.DSAPublicKey | None:
    """The key of such a certificate with the parameters of its issuer's; None where this makes no key."""
    place = find_inheriting_key(certificate)
    if place is None or not isinstance(giver, dsa.DSAPublicKey):
        return None
    try:
        start, end = der.expect_tlv(certificate, place[0] + len(_INHERITING), place[1], der.BIT_STRING)
        start, end = der.expect_tlv(certificate, start + 1, end, der.INTEGER)  # after the count of unused bits
        number = int.from_bytes(certificate[start:end], "big")
        return dsa.DSAPublicNumbers(number, giver.parameters().parameter_numbers()).public_key()
    except (BadSyntax, ValueError):
        return None


def is_inherited_from(key: PublicKey | None, giver: PublicKey | None) -> bool:
    """Both are DSA keys of the same parameters."""
    if not isinstance(key, dsa.DSAPublicKey) or not isinstance(giver, dsa.DSAPublicKey):
        return False
    return key.parameters().parameter_numbers() == giver.parameters().parameter_numbers()


def _find_key_info(certificate: bytes) -> tuple[int, int] | None:
    """From where to where the content of a DER certificate's SubjectPublicKeyInfo stands."""
    try:
        start, end = der.expect_tlv(certificate, 0, len(certificate), der.SEQUENCE)
        start, end = der.expect_tlv(certificate, start, end, der.SEQUENCE)
        fields = der.split_elements(certificate, start, end, _MAX_FIELDS)
    except BadSyntax:
        return None
    is_versioned = bool(fields) and fields[0][0] == der.CONTEXT_0
    place = 6 if is_versioned else 5  # serial number, algorithm, issuer, validity, subject, key
    return (fields[place][2], fields[place][3]) if len(fields) > place else None
