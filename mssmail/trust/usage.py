"""What certificates may be used for: key usage, extended key usage, algorithms and key sizes."""

from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from mssmail.trust.link import Link
from mssmail.trust.pss import PssKey, PublicKey
from mssmail.trust.signature import is_oversized
from mssmail.trust.signature_policy import SignaturePolicy


class Purpose(Enum):
    """What a path is wanted for."""

    SMIME = "S/MIME"
    TLS_CLIENT = "TLS client"
    TLS_SERVER = "TLS server"
    LIST_SIGNER = "white list"
    ANY = "any purpose"  # RFC 5280 §6 alone: the caller asks what the key is for


# One of these bits must be set when the certificate says what its key is for (RFC 8550 §4.4.2, RFC 5280 §4.2.1.12).
_KEY_USAGES: Final = {
    Purpose.SMIME: ("digital_signature", "content_commitment"),
    Purpose.TLS_CLIENT: ("digital_signature", "key_agreement"),
    Purpose.TLS_SERVER: ("digital_signature", "key_encipherment", "key_agreement"),
    Purpose.LIST_SIGNER: ("digital_signature", "content_commitment"),
}
_DOCUMENT_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336 §3.1
# One of these must be among the extended usages, when there are any. White lists are sealed with S/MIME-type
# certificates; one for a web server says nothing about lists, whoever it names.
_EXTENDED_USAGES: Final = {
    Purpose.SMIME: frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION}),
    Purpose.TLS_CLIENT: frozenset({ExtendedKeyUsageOID.CLIENT_AUTH}),
    Purpose.TLS_SERVER: frozenset({ExtendedKeyUsageOID.SERVER_AUTH}),
    Purpose.LIST_SIGNER: frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, _DOCUMENT_SIGNING}),
    Purpose.ANY: None,
}
# NIST's and, as German trust spaces use them, those of RFC 5639.
_CURVES: Final = (
    ec.SECP256R1,
    ec.SECP384R1,
    ec.SECP521R1,
    ec.BrainpoolP256R1,
    ec.BrainpoolP384R1,
    ec.BrainpoolP512R1,
)
_ALLOWED_WITH_SHA1: Final = frozenset({"sha1", "sha224"})
_SHA2: Final = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})


def find_usage_fault(path: tuple[Link, ...], purpose: Purpose, policy: SignaturePolicy) -> str:
    """The first reason why this path (leaf first, anchor last) may not be used for the purpose, or empty."""
    leaf = path[0]
    if not _may_key_be_used(leaf.key_usage, purpose):
        return f"the key usage of {leaf.text} does not allow {purpose.value}"
    for link in path:
        fault = _find_extended_fault(link, purpose, is_anchor=len(path) > 1 and link is path[-1])
        if fault:
            return fault
    for link in path:
        fault = find_key_fault(link.public_key, policy)
        if fault:
            return f"{link.text}: {fault}"
    signed = path[:-1] if len(path) > 1 else path  # nobody relies on the anchor's own signature
    return next((fault for link in signed if (fault := _find_hash_fault(link, policy))), "")


def _may_key_be_used(usage: x509.KeyUsage | None, purpose: Purpose) -> bool:
    if purpose is Purpose.ANY:
        return True
    return usage is None or any(bool(getattr(usage, name)) for name in _KEY_USAGES[purpose])


def _find_extended_fault(link: Link, purpose: Purpose, *, is_anchor: bool) -> str:
    """RFC 5280 §4.2.1.12 speaks of the leaf; that a CA's extended usage bounds what it issues is common practice."""
    wanted, usage = _EXTENDED_USAGES[purpose], link.extended_key_usage
    if wanted is None or usage is None or is_anchor:
        return ""
    if any(each in wanted or each == ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE for each in usage):
        return ""
    return f"the extended key usage of {link.text} does not allow {purpose.value}"


def find_key_fault(key: PublicKey | None, policy: SignaturePolicy) -> str:
    """Why a key of this kind and size is not believed, or empty."""
    match key.key if isinstance(key, PssKey) else key:
        case rsa.RSAPublicKey() as key:
            if key.key_size < policy.min_rsa_bits:
                return f"its RSA key has {key.key_size} bits; {policy.min_rsa_bits} are wanted"
            return "its RSA key is larger than any in use" if is_oversized(key) else ""
        case ec.EllipticCurvePublicKey() as key:
            return "" if isinstance(key.curve, _CURVES) else f"its curve {key.curve.name} is not accepted"
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return ""
        case dsa.DSAPublicKey():
            return "" if policy.allow_dsa else "DSA keys are not accepted"
        case _:
            return "its kind of key is not accepted"


def _find_hash_fault(link: Link, policy: SignaturePolicy) -> str:
    try:
        used = link.certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return f"the signature algorithm on {link.text} is not accepted"
    if used is None or used.name in _SHA2 or (used.name in _ALLOWED_WITH_SHA1 and policy.allow_sha1):
        return ""
    return f"{link.text} is signed with {used.name.upper()}, which is not accepted"
