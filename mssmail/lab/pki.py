"""Certificates of the lab and of the tests: authorities that issue, and what they issue.

Real in form (RFC 5280 profiles as the trust space's own PKI uses them), worthless in value: keys are made on the spot.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class KeyKind(Enum):
    """Which key to make."""

    RSA_1024 = "rsa-1024"  # too small on purpose
    RSA_2048 = "rsa-2048"
    P256 = "p-256"
    P384 = "p-384"
    ED25519 = "ed25519"


def build_key(kind: KeyKind) -> PrivateKey:
    """A fresh private key."""
    match kind:
        case KeyKind.RSA_1024 | KeyKind.RSA_2048:
            return rsa.generate_private_key(65537, int(kind.value.removeprefix("rsa-")))
        case KeyKind.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.P384:
            return ec.generate_private_key(ec.SECP384R1())
        case KeyKind.ED25519:
            return ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True)
class Credential:
    """A certificate with its private key and the CA certificates up to, not including, the root."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def certificate_pem(self) -> bytes:
        """The certificate followed by its intermediates."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in (self.certificate, *self.chain))

    @property
    def certificate_der(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        """The private key, PKCS#8, unencrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def to_p12(self, password: str, friendly_name: str = "") -> bytes:
        """A PKCS#12 file, as mail programs import it."""
        return pkcs12.serialize_key_and_certificates(
            friendly_name.encode(), self.key, self.certificate, self.chain, BestAvailableEncryption(password.encode())
        )

    def write(self, directory: Path, stem: str) -> tuple[Path, Path]:
        """Leave ``stem.crt`` and ``stem.key`` (mode 600) in the directory; their paths."""
        certificate, key = directory / f"{stem}.crt", directory / f"{stem}.key"
        certificate.write_bytes(self.certificate_pem)
        write_secret(key, self.key_pem)
        return certificate, key

    def write_bundle(self, path: Path) -> Path:
        """Leave key and certificates in one PEM file (mode 600)."""
        write_secret(path, self.key_pem + self.certificate_pem)
        return path


def write_secret(path: Path, data: bytes) -> None:
    """Write a file nobody else may read, not even for a moment."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


def load_credential(certificate: Path, key: Path) -> Credential:
    """Read back what ``Credential.write`` left."""
    loaded = load_pem_private_key(key.read_bytes(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise TypeError(f"no key of ours: {key}")
    first, *rest = x509.load_pem_x509_certificates(certificate.read_bytes())
    return Credential(first, loaded, tuple(rest))


class Profile(Enum):
    """What a certificate is for."""

    OPERATOR = "operator"  # TLS server and client, subject in the white list's style
    PERSON = "person"  # S/MIME, e-mail in the SAN
    SERVER = "server"  # HTTPS
    CLIENT = "client"


_USAGES: dict[Profile, tuple[x509.ObjectIdentifier, ...]] = {
    Profile.OPERATOR: (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    Profile.PERSON: (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
    Profile.SERVER: (ExtendedKeyUsageOID.SERVER_AUTH,),
    Profile.CLIENT: (ExtendedKeyUsageOID.CLIENT_AUTH,),
}


def build_subject(common_name: str, organisation: str = "", unit: str = "", state: str = "") -> x509.Name:
    """C, ST, O, OU, CN in the order a certificate stores them: the most general first."""
    values = (
        (NameOID.COUNTRY_NAME, "FR"),
        (NameOID.STATE_OR_PROVINCE_NAME, state),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in values if value])


def describe_subject(name: x509.Name) -> str:
    """The name as the white list writes it: ``CN=…,OU=…,O=…,ST=…,C=FR``, nothing escaped."""
    short = {
        NameOID.COUNTRY_NAME: "C",
        NameOID.STATE_OR_PROVINCE_NAME: "ST",
        NameOID.ORGANIZATION_NAME: "O",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
        NameOID.COMMON_NAME: "CN",
    }
    return ",".join(f"{short[attribute.oid]}={attribute.value!s}" for attribute in reversed(list(name)))


@dataclass
class Authority:
    """A certification authority; ``parent_chain`` are the CA certificates above it, the root left out."""

    credential: Credential
    is_root: bool = False
    crl_url: str = ""
    revoked: dict[int, datetime] = field(default_factory=dict)
    crl_number: int = 0

    @property
    def certificate(self) -> x509.Certificate:
        """The authority's own certificate."""
        return self.credential.certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """What its subscribers send along: itself and those above, the root left out."""
        return () if self.is_root else (self.certificate, *self.credential.chain)

    def issue_authority(
        self, name: str, now: datetime, *, kind: KeyKind = KeyKind.RSA_2048, crl_url: str = ""
    ) -> "Authority":
        """A subordinate authority that may issue leaves only."""
        key = build_key(kind)
        builder = _start(
            build_subject(name, "LAB TRUST SPACE"), self.certificate.subject, key, now, timedelta(days=1825)
        )
        builder = _add_authority_extensions(builder, key, self.certificate.public_key(), path_length=0)
        if self.crl_url:
            builder = builder.add_extension(_distribution_point(self.crl_url), critical=False)
        return Authority(Credential(self._sign(builder), key, self.chain), crl_url=crl_url)

    def issue(
        self,
        profile: Profile,
        subject: x509.Name,
        now: datetime,
        *,
        emails: Sequence[str] = (),
        hosts: Sequence[str] = (),
        kind: KeyKind = KeyKind.RSA_2048,
        valid: timedelta = timedelta(days=1095),
    ) -> Credential:
        """A leaf; negative ``valid`` makes one that expired so long ago."""
        key = build_key(kind)
        start = now if valid > timedelta(0) else now + valid - timedelta(days=30)
        builder = _start(
            subject, self.certificate.subject, key, start, valid if valid > timedelta(0) else timedelta(days=30)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_leaf_usage(profile), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(_USAGES[profile]), critical=False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        builder = builder.add_extension(_authority_identifier(self.certificate), critical=False)
        names = [x509.RFC822Name(email) for email in emails] + [_host_name(host) for host in hosts]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if self.crl_url:
            builder = builder.add_extension(_distribution_point(self.crl_url), critical=False)
        return Credential(self._sign(builder), key, self.chain)

    def revoke(self, certificate: x509.Certificate, at: datetime) -> None:
        """Put the certificate on the next list."""
        self.revoked[certificate.serial_number] = at

    def build_crl(self, now: datetime, valid: timedelta = timedelta(days=7)) -> bytes:
        """A complete revocation list, DER; each call has a higher number."""
        self.crl_number += 1
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now)
            .next_update(now + valid)
            .add_extension(x509.CRLNumber(self.crl_number), critical=False)
            .add_extension(_authority_identifier(self.certificate), critical=False)
        )
        for serial, at in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.build())
        crl = builder.sign(self.credential.key, _hash_for(self.credential.key))
        return crl.public_bytes(Encoding.DER)

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self.credential.key, _hash_for(self.credential.key))


def create_root(name: str, now: datetime, *, kind: KeyKind = KeyKind.RSA_2048, crl_url: str = "") -> Authority:
    """A self-signed root authority."""
    key = build_key(kind)
    subject = build_subject(name, "LAB TRUST SPACE")
    builder = _start(subject, subject, key, now, timedelta(days=3650))
    builder = _add_authority_extensions(builder, key, key.public_key(), path_length=None)
    return Authority(Credential(builder.sign(key, _hash_for(key)), key), is_root=True, crl_url=crl_url)


def _start(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, start: datetime, valid: timedelta
) -> x509.CertificateBuilder:
    # Clocks of two machines differ a little: certificates start an hour early, as real authorities do.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(hours=1))
        .not_valid_after(start + valid)
    )


def _add_authority_extensions(
    builder: x509.CertificateBuilder, key: PrivateKey, issuer_key: object, path_length: int | None
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)  # type: ignore[arg-type]
    )


def _authority_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier.value)


def _usage(*names: str) -> x509.KeyUsage:
    every = (
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
    return x509.KeyUsage(**{name: name in names for name in every})


def _leaf_usage(profile: Profile) -> x509.KeyUsage:
    if profile is Profile.PERSON:
        return _usage("digital_signature", "content_commitment")
    return _usage("digital_signature", "key_encipherment")


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _distribution_point(url: str) -> x509.CRLDistributionPoints:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return x509.CRLDistributionPoints([point])


def _hash_for(key: PrivateKey) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def issue_operator(
    authority: Authority, name: str, now: datetime, *, unit: str = "1990000001", kind: KeyKind = KeyKind.RSA_2048
) -> Credential:
    """An operator's certificate: TLS both ways, a subject in the white list's style, good for localhost."""
    subject = build_subject(name, f"CENTRE HOSPITALIER {name.upper()}", unit, "Nord (59)")
    return authority.issue(Profile.OPERATOR, subject, now, hosts=(name, "localhost", "127.0.0.1"), kind=kind)


def issue_person(
    authority: Authority,
    address: str,
    now: datetime,
    *,
    kind: KeyKind = KeyKind.RSA_2048,
    valid: timedelta = timedelta(days=1095),
) -> Credential:
    """A personal S/MIME certificate."""
    return authority.issue(Profile.PERSON, build_subject(address), now, emails=(address,), kind=kind, valid=valid)


def issue_organisation(
    authority: Authority, domain: str, now: datetime, *, kind: KeyKind = KeyKind.RSA_2048
) -> Credential:
    """An organisation's S/MIME certificate, named in the manner of RFC 3183 §3.1."""
    address = f"domain-signing-authority@{domain}"
    return authority.issue(Profile.PERSON, build_subject(domain, domain.upper()), now, emails=(address,), kind=kind)


def encode_certificates(certificates: Iterable[x509.Certificate]) -> bytes:
    """PEM, one after the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
