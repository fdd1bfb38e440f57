"""One certificate as a link of a path: everything path validation asks of it, read once."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from mssmail.core.address import Address, parse_address
from mssmail.errors import BadCertificate, BadSyntax
from mssmail.trust import der
from mssmail.trust.certificate import (
    NameKey,
    escape_text,
    fingerprint,
    fold_name,
    is_der_sequence,
    load_certificate,
    read_emails,
    read_public_key,
    shorten_name,
)
from mssmail.trust.extensions import has_distances, parse_policy_mappings
from mssmail.trust.inheritance import cut_key_info, find_inheriting_key
from mssmail.trust.pss import PssKey, PublicKey

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
        ExtensionOID.FRESHEST_CRL,
        ExtensionOID.OCSP_NO_CHECK,
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
    inherited: dsa.DSAPublicKey | None = None  # the key, made whole with its issuer's parameters

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
        """The serial number, zero and negative ones too: read here, because the library complains about those."""
        start, end = der.expect_tlv(self.der, 0, len(self.der), der.SEQUENCE)
        start, end = der.expect_tlv(self.der, start, end, der.SEQUENCE)
        tag, inner, after = der.read_tlv(self.der, start, end)
        if tag == der.CONTEXT_0:  # the version
            _, inner, after = der.read_tlv(self.der, after, end)
        return int.from_bytes(self.der[inner:after], "big", signed=True)

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
    def public_key(self) -> PublicKey | None:
        """The key; None when its algorithm or curve is unknown here, or its parameters are its issuer's."""
        return read_public_key(self.certificate, self.der) if self.inherited is None else self.inherited

    @cached_property
    def inherits_parameters(self) -> bool:
        """It holds a DSA key that takes its parameters from its issuer's, and has not got them yet."""
        return self.public_key is None and find_inheriting_key(self.der) is not None

    @cached_property
    def spki(self) -> bytes:
        """The key's SubjectPublicKeyInfo, empty when it is unknown here."""
        match self.public_key:
            case None:
                return b""
            case PssKey():
                return cut_key_info(self.der)
            case key:
                return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

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
    def is_authority(self) -> bool:
        """Whether basicConstraints call it a CA."""
        constraints = self.basic_constraints
        return constraints is not None and constraints.ca

    @property
    def has_no_check(self) -> bool:
        """Its issuer says that a responder's revocation need not be asked (RFC 6960 §4.2.2.2.1)."""
        return ExtensionOID.OCSP_NO_CHECK.dotted_string in self.extensions

    @cached_property
    def has_subtree_distances(self) -> bool:
        """A subtree of its nameConstraints has a minimum or a maximum, which RFC 5280 §4.2.1.10 does without."""
        return self.name_constraints is not None and has_distances(self.der)

    @cached_property
    def policies(self) -> frozenset[str] | None:
        """The policies of certificatePolicies (RFC 5280 §4.2.1.4); None without that extension."""
        found = self._find(ExtensionOID.CERTIFICATE_POLICIES, x509.CertificatePolicies)
        return None if found is None else frozenset(policy.policy_identifier.dotted_string for policy in found)

    @cached_property
    def policy_mappings(self) -> dict[str, frozenset[str]]:
        """policyMappings, RFC 5280 §4.2.1.5: the issuer's policies, and what the subject calls them."""
        found = self._find(ExtensionOID.POLICY_MAPPINGS, x509.UnrecognizedExtension)
        return {} if found is None else parse_policy_mappings(found.value)

    @property
    def policy_constraints(self) -> x509.PolicyConstraints | None:
        """policyConstraints, RFC 5280 §4.2.1.11."""
        return self._find(ExtensionOID.POLICY_CONSTRAINTS, x509.PolicyConstraints)

    @property
    def inhibit_any_policy(self) -> int | None:
        """inhibitAnyPolicy, RFC 5280 §4.2.1.14: how many certificates below may still use anyPolicy."""
        found = self._find(ExtensionOID.INHIBIT_ANY_POLICY, x509.InhibitAnyPolicy)
        return None if found is None else found.skip_certs

    @property
    def has_critical_alternative_names(self) -> bool:
        """A critical subjectAltName with at least one name."""
        oid = ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        return bool(self.alternative_names) and any(e.critical for e in self.certificate.extensions if e.oid == oid)

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

    def warm(self) -> None:
        """Read now what every path through this certificate asks, and not at the first question."""
        _ = self.issuer, self.serial, self.subject_text, self.text, self.fingerprint, self.spki, self.unknown_critical
        _ = (
            self.not_before,
            self.not_after,
            self.policies,
            self.key_id,
            self.authority_key_id,
            self.has_subtree_distances,
        )

    def _find(self, oid: x509.ObjectIdentifier, kind: type[_T]) -> _T | None:
        value = self.extensions.get(oid.dotted_string)
        return value if isinstance(value, kind) else None


def _find_address(email: str) -> Address | None:
    try:
        return parse_address(email)
    except BadSyntax:
        return None


def load_link(data: bytes) -> Link:
    """The link for a DER (or PEM) certificate; raises BadCertificate."""
    certificate = load_certificate(data)
    link = Link(data if is_der_sequence(data) else certificate.public_bytes(Encoding.DER), certificate)
    try:
        _ = link.policy_mappings  # what the library leaves unread must fail here as well
    except BadSyntax as error:
        raise BadCertificate(f"not a readable certificate: policyMappings: {error}") from error
    return link
