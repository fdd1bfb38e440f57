"""Sign a message: multipart/signed around its content (RFC 8551 §3.5.3), header fields left where they are.

Content-* fields move inside with the body they describe; every other field of the header stays in the outer header,
untouched and in order. The entity is made canonical (CRLF) before it is hashed, and is sent exactly so.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from mssmail.core.clock import require_aware
from mssmail.core.message import Span
from mssmail.errors import BadCertificate
from mssmail.mime.headers import Field, split_fields
from mssmail.smime.algorithms import SHA256, SHA384, SHA512, Digest, find_digest
from mssmail.trust import der
from mssmail.trust.certificate import describe_certificate, parse_certificates, read_public_key, read_serial
from mssmail.trust.pss import PssKey, PssParameters

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_CRLF_OR_LESS: Final = re.compile(rb"\r\n|\r|\n")
_DATA: Final = der.encode_oid("1.2.840.113549.1.7.1")
_SIGNED_DATA: Final = der.encode_oid("1.2.840.113549.1.7.2")
_NULL: Final = bytes((der.NULL, 0))
_RSA: Final = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.1"), _NULL)  # RFC 3370 §3.2
_ED25519: Final = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.3.101.112"))
_ECDSA: Final = {
    SHA256: der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.10045.4.3.2")),
    SHA384: der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.10045.4.3.3")),
    SHA512: der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.10045.4.3.4")),
}


@dataclass(frozen=True)
class SigningKey:
    """A private key with its certificate and the CA certificates sent along (no self-signed one)."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @cached_property
    def pss_key(self) -> PssKey | None:
        """The certificate's key, when it is for RSASSA-PSS only (RFC 4055 §1.2)."""
        public = read_public_key(self.certificate, self.certificate.public_bytes(Encoding.DER))
        return public if isinstance(public, PssKey) else None

    @property
    def limits(self) -> PssParameters | None:
        """The parameters that the certificate restricts its key to."""
        return None if self.pss_key is None else self.pss_key.limits

    @property
    def digest(self) -> Digest:
        """The digest that goes with the key: RFC 8419 §3 fixes Ed25519's, a curve asks for one of its strength."""
        if self.limits is not None:
            return find_digest(self.limits.digest) or SHA256  # ``parse_signing_key`` refuses what is not found
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return SHA512
        if isinstance(self.key, ec.EllipticCurvePrivateKey) and self.key.key_size > 256:
            return SHA384 if self.key.key_size <= 384 else SHA512
        return SHA256


def parse_signing_key(data: bytes) -> SigningKey:
    """The signing key in these PEM bytes: private key (unencrypted), its certificate, CA certificates, in any order.

    Raises BadCertificate: unreadable, a kind of key we do not sign with, no certificate of the key.
    """
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadCertificate(f"no readable private key: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise BadCertificate("not an RSA, EC or Ed25519 key")
    certificates = parse_certificates(data)
    mine = next((each for each in certificates if each.public_key() == key.public_key()), None)
    if mine is None:
        raise BadCertificate(f"no certificate of the private key; the first is {describe_certificate(certificates[0])}")
    chain = dict.fromkeys(each for each in certificates if each != mine and each.subject != each.issuer)
    found = SigningKey(key, mine, tuple(chain))
    if found.limits is not None and (found.limits.mask_digest != found.limits.digest or _is_weak(found.limits.digest)):
        raise BadCertificate("the certificate restricts its RSASSA-PSS key to digests that we do not sign with")
    return found


def _is_weak(digest: bytes) -> bool:
    known = find_digest(digest)
    return known is None or known.is_weak


def sign_message(data: bytes, key: SigningKey, at: datetime, *, pss: bool = False) -> bytes:
    """The message as multipart/signed, signing time ``at``; ``pss`` makes an RSA signature RSASSA-PSS (RFC 4056)."""
    require_aware(at)
    data = _CRLF_OR_LESS.sub(b"\r\n", data)
    outer, inner, body = _divide(data)
    entity = b"".join(inner) + b"\r\n" + body
    boundary = "=_" + hashlib.sha256(entity).hexdigest()[:40]  # cannot stand in what it is the digest of
    cms = encode_signature(entity, key, at, pss=pss)
    head = (
        "Content-Type: multipart/signed;\r\n"
        '\tprotocol="application/pkcs7-signature";\r\n'
        f"\tmicalg={key.digest.micalg};\r\n"
        f'\tboundary="{boundary}"\r\n'
        "\r\n"
        "This is a cryptographically signed message in MIME format.\r\n"
        f"\r\n--{boundary}\r\n"
    )
    tail = (
        f"\r\n--{boundary}\r\n"
        'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        'Content-Disposition: attachment; filename="smime.p7s"\r\n'
        "Content-Description: S/MIME Cryptographic Signature\r\n"
        f"\r\n{_encode_base64(cms)}\r\n--{boundary}--\r\n"
    )
    return b"".join(outer) + head.encode("ascii") + entity + tail.encode("ascii")


def _divide(data: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Outer fields, inner fields, body: each field with its line end, in order."""
    fields = split_fields(data, Span(0, len(data)))
    end = fields[-1].span.end if fields else 0
    outer = [_end_line(field, data) for field in fields if not field.key.startswith("content-")]
    inner = [_end_line(field, data) for field in fields if field.key.startswith("content-")]
    body = data[end:].removeprefix(b"\r\n")
    if not any(field.key == "mime-version" for field in fields):
        outer.append(b"MIME-Version: 1.0\r\n")
    if not any(field.key == "content-type" for field in fields):
        inner = _describe_text(body, inner)
    return outer, inner, body


def _end_line(field: Field, data: bytes) -> bytes:
    line = field.span.cut(data)
    return line if line.endswith(b"\r\n") else line + b"\r\n"


def _describe_text(body: bytes, inner: list[bytes]) -> list[bytes]:
    """A message without Content-Type is plain text (RFC 2045 §5.2); signed, it should say so."""
    if body.isascii():
        return [b"Content-Type: text/plain; charset=us-ascii\r\n", *inner]
    has_encoding = any(line.lower().startswith(b"content-transfer-encoding") for line in inner)
    encoding = [] if has_encoding else [b"Content-Transfer-Encoding: 8bit\r\n"]
    return [b"Content-Type: text/plain; charset=utf-8\r\n", *encoding, *inner]


def _encode_base64(data: bytes) -> str:
    text = base64.b64encode(data).decode("ascii")
    return "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))


def encode_signature(entity: bytes, key: SigningKey, at: datetime, *, pss: bool = False) -> bytes:
    """A detached signature over the entity: ContentInfo with SignedData (RFC 5652 §5), DER."""
    digest = key.digest
    attributes = der.encode_set(
        _encode_attribute("1.2.840.113549.1.9.3", _DATA),
        _encode_attribute("1.2.840.113549.1.9.4", der.encode_tlv(der.OCTET_STRING, digest.compute(entity))),
        _encode_attribute("1.2.840.113549.1.9.5", _encode_time(at)),
    )
    algorithm, signature = _make_signature(key, attributes, pss=pss or key.pss_key is not None)
    certificate = key.certificate
    identifier = der.encode_tlv(
        der.SEQUENCE, certificate.issuer.public_bytes(), der.encode_integer(read_serial(certificate))
    )
    signer = der.encode_tlv(
        der.SEQUENCE,
        der.encode_integer(1),
        identifier,
        _encode_digest(digest),
        bytes((der.CONTEXT_0,)) + attributes[1:],  # [0] IMPLICIT; hashed under the tag of a SET (§5.4)
        algorithm,
        der.encode_tlv(der.OCTET_STRING, signature),
    )
    certificates = sorted(each.public_bytes(Encoding.DER) for each in (certificate, *key.chain))
    signed_data = der.encode_tlv(
        der.SEQUENCE,
        der.encode_integer(1),
        der.encode_set(_encode_digest(digest)),
        der.encode_tlv(der.SEQUENCE, _DATA),
        der.encode_tlv(der.CONTEXT_0, *certificates),
        der.encode_set(signer),
    )
    return der.encode_tlv(der.SEQUENCE, _SIGNED_DATA, der.encode_tlv(der.CONTEXT_0, signed_data))


def _encode_attribute(oid: str, value: bytes) -> bytes:
    return der.encode_tlv(der.SEQUENCE, der.encode_oid(oid), der.encode_set(value))


def _encode_digest(digest: Digest) -> bytes:
    """Without parameters, as RFC 5754 §2 asks of who writes."""
    return der.encode_tlv(der.SEQUENCE, der.encode_oid(digest.oid))


def _encode_time(at: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime after (RFC 5652 §11.3)."""
    at = at.astimezone(UTC)
    if 1950 <= at.year <= 2049:
        return der.encode_tlv(der.UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())
    return der.encode_tlv(der.GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").encode())


def _make_signature(signer: SigningKey, signed: bytes, *, pss: bool) -> tuple[bytes, bytes]:
    """AlgorithmIdentifier and signature value."""
    digest = signer.digest
    match signer.key:
        case rsa.RSAPrivateKey() as key if pss:
            salt = max(digest.algorithm.digest_size, 0 if signer.limits is None else signer.limits.salt_length)
            scheme = padding.PSS(padding.MGF1(digest.algorithm), salt)
            return _encode_pss(digest, salt), key.sign(signed, scheme, digest.algorithm)
        case rsa.RSAPrivateKey() as key:
            return _RSA, key.sign(signed, padding.PKCS1v15(), digest.algorithm)
        case ec.EllipticCurvePrivateKey() as key:
            return _ECDSA[digest], key.sign(signed, ec.ECDSA(digest.algorithm))
        case ed25519.Ed25519PrivateKey() as key:
            return _ED25519, key.sign(signed)


def _encode_pss(digest: Digest, salt: int) -> bytes:
    """RSASSA-PSS-params with the digest for hash and mask (RFC 4055 §3.1; the hash with NULL, as it is read there)."""
    hashed = der.encode_tlv(der.SEQUENCE, der.encode_oid(digest.oid), _NULL)
    mask = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.8"), hashed)
    parameters = der.encode_tlv(
        der.SEQUENCE,
        der.encode_tlv(der.CONTEXT_0, hashed),
        der.encode_tlv(der.CONTEXT_1, mask),
        der.encode_tlv(der.CONTEXT_2, der.encode_integer(salt)),
    )
    return der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.10"), parameters)
