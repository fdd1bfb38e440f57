"""Signing credentials as people hold them, PKCS#12 or PEM, made into the one PEM form the server keeps."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from mssmail.errors import BadCertificate


def convert_credential(raw: bytes, password: str) -> bytes:
    """PEM with the private key (PKCS#8), its certificate and the rest of the chain, in this order.

    ``raw`` is a PKCS#12 file or PEM with key and certificates; raises BadCertificate when it is neither, when the
    password is wrong, or when no certificate belongs to the key.
    """
    secret = password.encode() if password else None
    try:
        if b"-----BEGIN" in raw:
            key = load_pem_private_key(raw, secret)
            certificates = x509.load_pem_x509_certificates(raw)
        else:
            loaded = pkcs12.load_pkcs12(raw, secret)
            if loaded.key is None or loaded.cert is None:
                raise BadCertificate("the file holds no private key with its certificate")
            key = loaded.key
            certificates = [loaded.cert.certificate, *(each.certificate for each in loaded.additional_certs)]
    except (ValueError, TypeError) as error:
        raise BadCertificate(f"the file or its password is wrong: {error}") from error
    own = [each for each in certificates if each.public_key() == key.public_key()]
    if not own:
        raise BadCertificate("no certificate in the file belongs to the private key")
    chain = [each for each in certificates if each is not own[0]]
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + b"".join(each.public_bytes(Encoding.PEM) for each in (own[0], *chain))
