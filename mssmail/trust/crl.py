"""Revocation lists as bytes bring them: complete, delta or indirect, their entries indexed. RFC 5280 §5.

What a list covers is ``scope``'s question; whether it is believed, and what it says of a certificate, ``revocation``'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from mssmail.errors import BadRevocationList, BadSyntax
from mssmail.trust import der
from mssmail.trust.certificate import UNREADABLE, NameKey, describe_name, fold_name, is_der_sequence
from mssmail.trust.link import Link
from mssmail.trust.signature import is_signed_with

# Clocks of two machines differ a little: a list may be this much younger than our time.
CLOCK_SKEW: Final = timedelta(minutes=5)

_PROCESSED: Final = frozenset(
    {
        ExtensionOID.CRL_NUMBER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.ISSUING_DISTRIBUTION_POINT,
        ExtensionOID.DELTA_CRL_INDICATOR,
        ExtensionOID.FRESHEST_CRL,
    }
)
_PROCESSED_IN_ENTRIES: Final = frozenset({CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE})
_DER_TRUE: Final = b"\x01\x01\xff"  # what every critical extension holds

_Extensions = dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list says of one certificate."""

    reason: x509.ReasonFlags | None
    revoked_at: datetime

    @property
    def is_removal(self) -> bool:
        """A delta list takes the certificate off (RFC 5280 §5.3.1)."""
        return self.reason is x509.ReasonFlags.remove_from_crl


@dataclass(frozen=True, eq=False)
class Crl:
    """A list as downloaded; believed only once ``verify_crl`` or the index has checked its signature.

    ``fault`` tells why the list answers nothing; empty when it does. ``base_number`` is what a delta list adds to.
    """

    crl: x509.CertificateRevocationList
    raw: bytes  # DER
    issuer: NameKey
    this_update: datetime
    next_update: datetime | None
    number: int | None
    base_number: int | None
    authority_key_id: bytes | None
    point: x509.IssuingDistributionPoint | None
    fault: str

    @property
    def issuer_text(self) -> str:
        """The issuer's name for people."""
        return describe_name(self.crl.issuer)

    @property
    def is_delta(self) -> bool:
        """It only adds to a complete list (RFC 5280 §5.2.4)."""
        return self.base_number is not None

    @property
    def is_indirect(self) -> bool:
        """It may list certificates of other issuers (RFC 5280 §5.2.5)."""
        return self.point is not None and self.point.indirect_crl

    @cached_property
    def serials(self) -> frozenset[int]:
        """Every serial number listed, whoever issued it."""
        return frozenset(entry.serial_number for entry in self.crl)

    @cached_property
    def _foreign(self) -> dict[tuple[NameKey, int], Entry]:
        """The entries of an indirect list by issuer and serial; the issuer named last stands (RFC 5280 §5.3.3)."""
        found: dict[tuple[NameKey, int], Entry] = {}
        issuer = self.issuer
        for revoked in self.crl:
            issuer = _read_entry_issuer(revoked) or issuer
            found.setdefault((issuer, revoked.serial_number), _read_entry(revoked))
        return found

    def find_entry(self, issuer: NameKey, serial: int) -> Entry | None:
        """The entry of the certificate with this serial number by this issuer."""
        if self.is_indirect:
            return self._foreign.get((issuer, serial))
        if issuer != self.issuer or serial not in self.serials:
            return None
        return next(_read_entry(revoked) for revoked in self.crl if revoked.serial_number == serial)

    def index(self) -> None:
        """Index the entries now, and not at the first question; raises one of UNREADABLE."""
        _ = self._foreign if self.is_indirect else self.serials


def load_crl(raw: bytes) -> Crl:
    """The list in these DER or PEM bytes; raises BadRevocationList. Nothing is verified yet."""
    try:
        is_der = is_der_sequence(raw)
        crl = x509.load_der_x509_crl(raw) if is_der else x509.load_pem_x509_crl(raw)
        extensions = {e.oid: e for e in crl.extensions}
        return _build(crl, raw if is_der else crl.public_bytes(Encoding.DER), extensions)
    except (*UNREADABLE, BadSyntax) as error:
        raise BadRevocationList(f"not a readable CRL: {error}") from error


def _build(crl: x509.CertificateRevocationList, raw: bytes, extensions: _Extensions) -> Crl:
    values = [e.value for e in extensions.values()]
    key_ids = (v.key_identifier for v in values if isinstance(v, x509.AuthorityKeyIdentifier))
    point = next((v for v in values if isinstance(v, x509.IssuingDistributionPoint)), None)
    return Crl(
        crl=crl,
        raw=raw,
        issuer=fold_name(crl.issuer),
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        number=next((v.crl_number for v in values if isinstance(v, x509.CRLNumber)), None),
        base_number=next((v.crl_number for v in values if isinstance(v, x509.DeltaCRLIndicator)), None),
        authority_key_id=next(key_ids, None),
        point=point,
        fault=_find_fault(crl, list(extensions.values())) or _find_entry_fault(crl, point),
    )


def _find_fault(crl: x509.CertificateRevocationList, extensions: Sequence[x509.Extension[x509.ExtensionType]]) -> str:
    for extension in extensions:
        if extension.critical and extension.oid not in _PROCESSED:
            return f"its critical extension {extension.oid.dotted_string} is unknown"
    return ""


def _find_entry_fault(crl: x509.CertificateRevocationList, point: x509.IssuingDistributionPoint | None) -> str:
    """RFC 5280 §5.3: one entry with an unknown critical extension spoils the list for every certificate."""
    if _DER_TRUE not in _cut_entries(crl.tbs_certlist_bytes):
        return ""
    processed = _PROCESSED_IN_ENTRIES
    if point is not None and point.indirect_crl:
        processed |= {CRLEntryExtensionOID.CERTIFICATE_ISSUER}
    for entry in crl:
        for extension in entry.extensions:
            if extension.critical and extension.oid not in processed:
                return f"the critical extension {extension.oid.dotted_string} of an entry is unknown"
    return ""


def _cut_entries(signed: bytes) -> bytes:
    """The revokedCertificates of a TBSCertList (RFC 5280 §5.1): the second SEQUENCE after the issuer's name or none."""
    start, end = der.expect_tlv(signed, 0, len(signed), der.SEQUENCE)
    sequences = [(a, b) for tag, _, a, b in der.split_elements(signed, start, end, limit=8) if tag == der.SEQUENCE]
    return signed[slice(*sequences[2])] if len(sequences) > 2 else b""  # signature algorithm, issuer, entries


def _read_entry(revoked: x509.RevokedCertificate) -> Entry:
    """Whoever stands on the list is revoked, also for a reason nobody can read."""
    try:
        values = [e.value for e in revoked.extensions]
    except UNREADABLE:
        values = []
    reason = next((v.reason for v in values if isinstance(v, x509.CRLReason)), None)
    return Entry(reason, revoked.revocation_date_utc)


def _read_entry_issuer(revoked: x509.RevokedCertificate) -> NameKey | None:
    for extension in revoked.extensions:
        if isinstance(extension.value, x509.CertificateIssuer):
            names = extension.value.get_values_for_type(x509.DirectoryName)
            return fold_name(names[0]) if names else ()  # an issuer without a name issued none of ours
    return None


def verify_crl(crl: Crl, issuer: x509.Certificate) -> None:
    """Check that this CA issued the list and may issue lists; raises BadRevocationList."""
    if fold_name(issuer.subject) != crl.issuer:
        raise BadRevocationList(f"the CRL is of {crl.issuer_text}, not of {describe_name(issuer.subject)}")
    if not is_issued_by(crl, Link(issuer.public_bytes(Encoding.DER), issuer)):
        raise BadRevocationList(f"the CRL is not signed by {crl.issuer_text}")


def is_issued_by(crl: Crl, issuer: Link) -> bool:
    """The signature holds under the key of this certificate, which may sign lists (RFC 5280 §6.3.3 (f))."""
    usage = issuer.key_usage
    return (usage is None or usage.crl_sign) and is_signed_with(crl.crl, issuer.public_key, crl.raw)
