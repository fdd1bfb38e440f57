"""Certificates and CRLs with any extension one likes, for the tests of path validation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from mssmail.lab.pki import KeyKind, PrivateKey, build_key
from mssmail.trust import der
from tests.support.pki import NOW

Critical = tuple[x509.ExtensionType, bool]
USAGE_BITS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@cache
def _shared_key(name: str, kind: KeyKind) -> PrivateKey:
    return build_key(kind)


def usage(*names: str) -> Critical:
    return x509.KeyUsage(**{name: name in names for name in USAGE_BITS}), True


def authority(path_length: int | None = None) -> tuple[Critical, ...]:
    return (x509.BasicConstraints(ca=True, path_length=path_length), True), usage("key_cert_sign", "crl_sign")


def emails(*addresses: str) -> Critical:
    return x509.SubjectAlternativeName([x509.RFC822Name(address) for address in addresses]), False


def policies(*oids: str) -> Critical:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]), False


def mappings(*pairs: tuple[str, str]) -> Critical:
    """policyMappings, which the library does not write."""
    inner = (der.encode_tlv(der.SEQUENCE, *map(der.encode_oid, pair)) for pair in pairs)
    value = der.encode_tlv(der.SEQUENCE, *inner)
    return x509.UnrecognizedExtension(ExtensionOID.POLICY_MAPPINGS, value), True


def constrain(explicit: int | None = None, mapping: int | None = None) -> Critical:
    return x509.PolicyConstraints(require_explicit_policy=explicit, inhibit_policy_mapping=mapping), True


def point(**keys: object) -> Critical:
    """issuingDistributionPoint of a list."""
    plain: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(plain | keys)), True  # type: ignore[arg-type]


def points(*names: x509.GeneralName) -> Critical:
    """cRLDistributionPoints of a certificate: one point with these names."""
    return x509.CRLDistributionPoints([x509.DistributionPoint(list(names), None, None, None)]), False


def name(common_name: str, organisation: str = "Odd") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


@dataclass(frozen=True)
class Odd:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def issue(
        self,
        subject: str | x509.Name,
        *extensions: Critical,
        key: PrivateKey | None = None,
        kind: KeyKind = KeyKind.P256,
        start: datetime = NOW - timedelta(days=10),
        end: datetime = NOW + timedelta(days=365),
    ) -> "Odd":
        """A certificate below this one."""
        subject = name(subject) if isinstance(subject, str) else subject
        key = key or _shared_key(subject.rfc4514_string(), kind)
        built = _build(subject, self.certificate.subject, key, extensions, start, end)
        return Odd(built.sign(self.key, hash_for(self.key)), key)

    def build_crl(
        self,
        *serials: int,
        extensions: Iterable[Critical] = (),
        entry_extensions: Sequence[Critical] = (),
        start: datetime = NOW - timedelta(hours=1),
        end: datetime = NOW + timedelta(days=7),
        issuer: x509.Name | None = None,
    ) -> bytes:
        """A CRL of this CA."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer or self.certificate.subject)
        builder = builder.last_update(start).next_update(end)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(start)
            for extension, critical in entry_extensions:
                entry = entry.add_extension(extension, critical)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hash_for(self.key)).public_bytes(Encoding.DER)

    def build_mixed_crl(self, *entries: tuple[int, x509.Name | None], extensions: Iterable[Critical] = ()) -> bytes:
        """A CRL whose entries may name other issuers."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(NOW - timedelta(hours=1)).next_update(NOW + timedelta(days=7))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        for serial, issuer in entries:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW)
            if issuer is not None:
                entry = entry.add_extension(x509.CertificateIssuer([x509.DirectoryName(issuer)]), True)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hash_for(self.key)).public_bytes(Encoding.DER)


def hash_for(key: PrivateKey) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def make_root(
    common_name: str = "Odd Root", *extensions: Critical, kind: KeyKind = KeyKind.P256, key: PrivateKey | None = None
) -> Odd:
    """A self-signed CA; ``extensions`` replace the usual ones."""
    key = key or _shared_key(common_name, kind)
    built = _build(
        name(common_name),
        name(common_name),
        key,
        extensions or authority(),
        NOW - timedelta(days=100),
        NOW + timedelta(days=1000),
    )
    return Odd(built.sign(key, hash_for(key)), key)


def _build(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    extensions: Iterable[Critical],
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder


_SHA256_RSA, _SHA1_RSA = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")


def resign_with_sha1(der: bytes, key: PrivateKey) -> bytes:
    """The RSA-signed certificate or CRL, signed again with SHA-1, which the library itself no longer does."""
    assert isinstance(key, rsa.RSAPrivateKey)
    try:
        loaded: x509.Certificate | x509.CertificateRevocationList = x509.load_der_x509_certificate(der)
        signed = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    except ValueError:
        loaded = x509.load_der_x509_crl(der)
        signed = x509.load_der_x509_crl(der).tbs_certlist_bytes
    weak = signed.replace(_SHA256_RSA, _SHA1_RSA)
    signature = key.sign(weak, padding.PKCS1v15(), hashes.SHA1())
    return der.replace(signed, weak).replace(loaded.signature, signature).replace(_SHA256_RSA, _SHA1_RSA)
