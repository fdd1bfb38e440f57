"""Whether the signature on a certificate or a CRL holds. Which algorithms deserve belief is asked elsewhere."""

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import SignatureAlgorithmOID

_EDWARDS: Final = {
    SignatureAlgorithmOID.ED25519: ed25519.Ed25519PublicKey,
    SignatureAlgorithmOID.ED448: ed448.Ed448PublicKey,
}


def is_signed_with(
    document: x509.Certificate | x509.CertificateRevocationList, key: CertificatePublicKeyTypes | None
) -> bool:
    """The signature on the document holds under the key: RSA, ECDSA or EdDSA; other kinds never do."""
    try:
        return _verify(document, key)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False


def _verify(document: x509.Certificate | x509.CertificateRevocationList, key: CertificatePublicKeyTypes | None) -> bool:
    if isinstance(document, x509.Certificate):
        signed = document.tbs_certificate_bytes
    else:
        signed = document.tbs_certlist_bytes
    parameters, algorithm = document.signature_algorithm_parameters, document.signature_hash_algorithm
    match key, parameters:
        case rsa.RSAPublicKey(), padding.PKCS1v15() | padding.PSS() if algorithm is not None:
            key.verify(document.signature, signed, parameters, algorithm)
        case ec.EllipticCurvePublicKey(), ec.ECDSA():
            key.verify(document.signature, signed, parameters)
        case ((ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey()), None):
            if not isinstance(key, _EDWARDS.get(document.signature_algorithm_oid, ())):
                return False
            key.verify(document.signature, signed)
        case _:
            return False
    return True
