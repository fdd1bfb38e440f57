"""Certificates whose keys are for RSASSA-PSS only, which the library does not write."""

from dataclasses import dataclass

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.lab.pki import PrivateKey


@dataclass(frozen=True)
class Pss:
    """Parameters by the names of hashlib."""

    digest: str = "sha256"
    mask: str = "sha256"
    salt: int = 32

    @property
    def native(self) -> dict[str, object]:
        """As asn1crypto takes them."""
        mask = {"algorithm": "mgf1", "parameters": {"algorithm": self.mask}}
        return {"hash_algorithm": {"algorithm": self.digest}, "mask_gen_algorithm": mask, "salt_length": self.salt}


def restrict(certificate: x509.Certificate, issuer: PrivateKey, limits: Pss | None, made: Pss | None = None) -> bytes:
    """The certificate with its RSA key for RSASSA-PSS only, signed anew: by PSS with ``made``, else as usual."""
    whole = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    inner = whole["tbs_certificate"]
    parameters = {} if limits is None else {"parameters": limits.native}
    inner["subject_public_key_info"]["algorithm"] = {"algorithm": "rsassa_pss", **parameters}
    if made is not None:
        inner["signature"] = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": made.native})
        whole["signature_algorithm"] = inner["signature"]
    whole["signature_value"] = _sign(issuer, inner.dump(force=True), made)
    return bytes(whole.dump(force=True))


def _sign(key: PrivateKey, content: bytes, made: Pss | None) -> bytes:
    if made is not None:
        assert isinstance(key, rsa.RSAPrivateKey)
        mask = padding.MGF1(HASHES[made.mask])
        return key.sign(content, padding.PSS(mask, made.salt), HASHES[made.digest])
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(content, ec.ECDSA(hashes.SHA256()))


HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
}
