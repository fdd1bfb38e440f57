"""One certificate as a link of a path: everything path validation asks of it, read once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from mssmail.core.address import Address, parse_address
from mssmail.errors import BadSyntax
from mssmail.trust.certificate import (
    NameKey,
    escape_text,
    fingerprint,
    fold_name,
    is_der_sequence,
    load_certificate,
    read_emails,
    read_serial,
    shorten_name,
)

_T = TypeVar("_T", bound=x509.ExtensionType)

# Extensions whose meaning path validation honours, or that restrict nothing it decides: critical is fine for them.
_PROCESSED: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        # No policy is asked for, so every policy is acceptable (RFC 5280 §6.1.1 (c), any-policy) and these can fail a
        # path in one way only: policyConstraints demanding an explicit policy, which ``path`` refuses by name.
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    }
)


@dataclass(frozen=True, eq=False)
class Link:
    """A certificate with its extensions sorted out. Compared by identity; ``der`` is what makes two the same."""

    der: bytes
    certificate: x509.Certificate

    @cached_property
    def subject(self) -> NameKey:
        """Subject as compared."""
        return fold_name(self.certificate.subject)

    @cached_property
    def issuer(self) -> NameKey:
        """Issuer as compared."""
        return fold_name(self.certificate.issuer)

    @property
    def is_self_issued(self) -> bool:
        """Subject and issuer are one name (RFC 5280 §3.2), whatever key signed."""
        return self.subject == self.issuer

    @cached_property
    def serial(self) -> int:
        """The serial number."""
        return read_serial(self.certificate)

    @cached_property
    def text(self) -> str:
        """How reasons name it."""
        return f"{shorten_name(self.subject_text)} (serial {self.serial:X})"

    @cached_property
    def subject_text(self) -> str:
        """The subject for people, whole."""
        return escape_text(self.certificate.subject.rfc4514_string())

    @cached_property
    def issuer_text(self) -> str:
        """The issuer for people, whole."""
        return escape_text(self.certificate.issuer.rfc4514_string())

    @cached_property
    def issuer_der(self) -> bytes:
        """The issuer as encoded."""
        return self.certificate.issuer.public_bytes()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, lower-case hex."""
        return fingerprint(self.der)

    @cached_property
    def not_before(self) -> datetime:
        """Start of validity, aware."""
        return self.certificate.not_valid_before_utc

    @cached_property
    def not_after(self) -> datetime:
        """End of validity, aware."""
        return self.certificate.not_valid_after_utc

    @cached_property
    def public_key(self) -> CertificatePublicKeyTypes | None:
        """The key; None when its algorithm or curve is unknown here."""
        try:
            return self.certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            return None

    @cached_property
    def spki(self) -> bytes:
        """The key's SubjectPublicKeyInfo, empty when it is unknown here."""
        key = self.public_key
        return b"" if key is None else key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def extensions(self) -> dict[str, x509.ExtensionType]:
        """Value by dotted OID."""
        return {e.oid.dotted_string: e.value for e in self.certificate.extensions}

    @cached_property
    def unknown_critical(self) -> tuple[str, ...]:
        """Critical extensions that validation does not process (RFC 5280 §4.2: must be refused)."""
        return tuple(e.oid.dotted_string for e in self.certificate.extensions if e.critical and e.oid not in _PROCESSED)

    @property
    def basic_constraints(self) -> x509.BasicConstraints | None:
        """basicConstraints, RFC 5280 §4.2.1.9."""
        return self._find(ExtensionOID.BASIC_CONSTRAINTS, x509.BasicConstraints)

    @property
    def key_usage(self) -> x509.KeyUsage | None:
        """keyUsage, RFC 5280 §4.2.1.3."""
        return self._find(ExtensionOID.KEY_USAGE, x509.KeyUsage)

    @property
    def extended_key_usage(self) -> x509.ExtendedKeyUsage | None:
        """extKeyUsage, RFC 5280 §4.2.1.12."""
        return self._find(ExtensionOID.EXTENDED_KEY_USAGE, x509.ExtendedKeyUsage)

    @property
    def name_constraints(self) -> x509.NameConstraints | None:
        """nameConstraints, RFC 5280 §4.2.1.10."""
        return self._find(ExtensionOID.NAME_CONSTRAINTS, x509.NameConstraints)

    @property
    def distribution_points(self) -> x509.CRLDistributionPoints | None:
        """cRLDistributionPoints, RFC 5280 §4.2.1.13."""
        return self._find(ExtensionOID.CRL_DISTRIBUTION_POINTS, x509.CRLDistributionPoints)

    @property
    def requires_policy(self) -> bool:
        """A policyConstraints demands an explicit policy (RFC 5280 §4.2.1.11), critical or not."""
        found = self._find(ExtensionOID.POLICY_CONSTRAINTS, x509.PolicyConstraints)
        return found is not None and found.require_explicit_policy is not None

    @property
    def alternative_names(self) -> tuple[x509.GeneralName, ...]:
        """The names of the subjectAltName, RFC 5280 §4.2.1.6."""
        found = self._find(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, x509.SubjectAlternativeName)
        return () if found is None else tuple(found)

    @cached_property
    def key_id(self) -> bytes | None:
        """subjectKeyIdentifier, as written by the issuer."""
        found = self._find(ExtensionOID.SUBJECT_KEY_IDENTIFIER, x509.SubjectKeyIdentifier)
        return None if found is None else found.digest

    @cached_property
    def authority_key_id(self) -> bytes | None:
        """The key identifier of the authorityKeyIdentifier: a hint for the search, never a proof."""
        found = self._find(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, x509.AuthorityKeyIdentifier)
        return None if found is None else found.key_identifier

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The keys (``Address.key``) of those of its e-mail addresses that can be in an envelope or a From field."""
        return frozenset(address.key for email in self.emails if (address := _find_address(email)) is not None)

    @cached_property
    def emails(self) -> tuple[str, ...]:
        """Addresses it speaks for."""
        return read_emails(self.certificate)

    def _find(self, oid: x509.ObjectIdentifier, kind: type[_T]) -> _T | None:
        value = self.extensions.get(oid.dotted_string)
        return value if isinstance(value, kind) else None


def _find_address(email: str) -> Address | None:
    try:
        return parse_address(email)
    except BadSyntax:
        return None


def load_link(der: bytes) -> Link:
    """The link for a DER (or PEM) certificate; raises BadCertificate."""
    certificate = load_certificate(der)
    return Link(der if is_der_sequence(der) else certificate.public_bytes(Encoding.DER), certificate)


def iterate_names(link: Link) -> Iterator[x509.GeneralName]:
    """Every name constraints apply to (RFC 5280 §4.2.1.10): the subject when not empty, and the alternative names."""
    if link.subject:
        yield x509.DirectoryName(link.certificate.subject)
    yield from link.alternative_names
    if not any(isinstance(name, x509.RFC822Name) for name in link.alternative_names):
        for email in link.emails:
            if email.isascii():
                yield x509.RFC822Name(email)
