"""Revocation lists: read, verified once against their issuer, indexed by issuer and serial.

RFC 5280 §5 and §6.3. Complete lists are used, and those limited to user or CA certificates or to one distribution
point, where they cover the certificate asked about. Indirect lists, delta lists, lists for some reasons only, and
lists with critical extensions nobody here knows are not: such a list answers nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from mssmail.core.verdict import Outcome
from mssmail.errors import BadRevocationList
from mssmail.trust.certificate import UNREADABLE, NameKey, describe_name, fold_name, is_der_sequence
from mssmail.trust.link import Link
from mssmail.trust.signature import is_signed_with

# Clocks of two machines differ a little: a list may be this much younger than our time.
CLOCK_SKEW: Final = timedelta(minutes=5)

_PROCESSED: Final = frozenset(
    {ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.ISSUING_DISTRIBUTION_POINT}
)
_PROCESSED_IN_ENTRIES: Final = frozenset({CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE})
_DER_TRUE: Final = b"\x01\x01\xff"  # what every critical extension holds
_DELTA: Final = ExtensionOID.DELTA_CRL_INDICATOR


@dataclass(frozen=True, eq=False)
class Crl:
    """A list as downloaded; believed only once ``verify_crl`` or the index has checked its signature.

    ``fault`` tells why the list answers nothing; empty when it does.
    """

    crl: x509.CertificateRevocationList
    issuer: NameKey
    this_update: datetime
    next_update: datetime | None
    number: int | None
    point: x509.IssuingDistributionPoint | None
    fault: str

    @property
    def issuer_text(self) -> str:
        """The issuer's name for people."""
        return describe_name(self.crl.issuer)

    @cached_property
    def serials(self) -> frozenset[int]:
        """Every serial number listed."""
        return frozenset(entry.serial_number for entry in self.crl)


def load_crl(raw: bytes) -> Crl:
    """The list in these DER or PEM bytes; raises BadRevocationList. Nothing is verified yet."""
    try:
        crl = x509.load_der_x509_crl(raw) if is_der_sequence(raw) else x509.load_pem_x509_crl(raw)
        extensions = {e.oid: e for e in crl.extensions}
        this_update, next_update = crl.last_update_utc, crl.next_update_utc
        crl_fault = _find_fault(crl, list(extensions.values()))
    except UNREADABLE as error:
        raise BadRevocationList(f"not a readable CRL: {error}") from error
    number = extensions.get(ExtensionOID.CRL_NUMBER)
    point = extensions.get(ExtensionOID.ISSUING_DISTRIBUTION_POINT)
    return Crl(
        crl=crl,
        issuer=fold_name(crl.issuer),
        this_update=this_update,
        next_update=next_update,
        number=number.value.crl_number if number and isinstance(number.value, x509.CRLNumber) else None,
        point=point.value if point and isinstance(point.value, x509.IssuingDistributionPoint) else None,
        fault=crl_fault,
    )


def _find_fault(crl: x509.CertificateRevocationList, extensions: Sequence[x509.Extension[x509.ExtensionType]]) -> str:
    if crl.next_update_utc is None:
        return "it names no next update (RFC 5280 section 5.1.2.5)"
    for extension in extensions:
        if extension.oid == _DELTA:
            return "it is a delta list"
        if extension.critical and extension.oid not in _PROCESSED:
            return f"its critical extension {extension.oid.dotted_string} is unknown"
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            fault = _find_point_fault(extension.value)
            if fault:
                return fault
    return _find_entry_fault(crl)


def _find_point_fault(point: x509.IssuingDistributionPoint) -> str:
    if point.indirect_crl:
        return "it is an indirect list"
    if point.only_some_reasons:
        return "it is for some reasons only"
    if point.only_contains_attribute_certs:
        return "it is for attribute certificates"
    return "it is for a relative distribution point" if point.relative_name is not None else ""


def _find_entry_fault(crl: x509.CertificateRevocationList) -> str:
    """RFC 5280 §5.3: one entry with an unknown critical extension spoils the list for every certificate."""
    if _DER_TRUE not in crl.public_bytes(Encoding.DER):
        return ""
    for entry in crl:
        for extension in entry.extensions:
            if extension.critical and extension.oid not in _PROCESSED_IN_ENTRIES:
                return f"the critical extension {extension.oid.dotted_string} of an entry is unknown"
    return ""


def verify_crl(crl: Crl, issuer: x509.Certificate) -> None:
    """Check that this CA issued the list and may issue lists; raises BadRevocationList."""
    if fold_name(issuer.subject) != crl.issuer:
        raise BadRevocationList(f"the CRL is of {crl.issuer_text}, not of {describe_name(issuer.subject)}")
    if not _is_issued_by(crl, Link(b"", issuer)):
        raise BadRevocationList(f"the CRL is not signed by {crl.issuer_text}")


def _is_issued_by(crl: Crl, issuer: Link) -> bool:
    usage = issuer.key_usage
    return (usage is None or usage.crl_sign) and is_signed_with(crl.crl, issuer.public_key)


def may_cover(crl: Crl, link: Link) -> bool:
    """The list's scope includes the certificate (RFC 5280 §6.3.3 (b)(2))."""
    if crl.point is None:
        return True
    is_ca = link.basic_constraints is not None and link.basic_constraints.ca
    if (crl.point.only_contains_user_certs and is_ca) or (crl.point.only_contains_ca_certs and not is_ca):
        return False
    if not crl.point.full_name:
        return True
    points = link.distribution_points or ()
    named = {name for point in points for name in point.full_name or ()}
    return any(name in named for name in crl.point.full_name)


@dataclass(frozen=True, slots=True)
class Status:
    """What the lists say of one certificate; ``crl`` is the list that said it, when one did."""

    outcome: Outcome
    reason: str
    crl: Crl | None = None


class RevocationIndex:
    """The lists of one snapshot by issuer; each signature is checked once for each issuer key that asks."""

    def __init__(self, crls: Iterable[Crl], *, allow_sha1: bool = False) -> None:
        self._allow_sha1 = allow_sha1
        self._by_issuer: dict[NameKey, list[Crl]] = {}
        self._verified: dict[tuple[int, bytes], bool] = {}
        for crl in crls:
            self._by_issuer.setdefault(crl.issuer, []).append(crl)
        for same in self._by_issuer.values():
            same.sort(key=lambda crl: crl.this_update, reverse=True)

    def warm(self) -> None:
        """Index the serials of every list now, and not at the first question."""
        for same in self._by_issuer.values():
            for crl in same:
                crl.serials  # noqa: B018 - kept once asked for

    def find_status(self, link: Link, issuer: Link, at: datetime) -> Status:
        """Is the certificate, issued by this link of its path, revoked at this time? The newest list in force tells.

        A list past its next update still convicts (revocation does not end), but acquits nobody.
        """
        faults: list[str] = []
        for crl in self._by_issuer.get(issuer.subject, []):
            fault = self._find_fault(crl, link, issuer, at)
            if fault:
                faults.append(fault)
            else:
                return _judge_serial(crl, link, at)
        reason = f"no usable CRL of {describe_name(issuer.certificate.subject)} for {link.text}"
        return Status(Outcome.UNKNOWN, f"{reason}: {faults[0]}" if faults else reason)

    def _find_fault(self, crl: Crl, link: Link, issuer: Link, at: datetime) -> str:
        if crl.fault:
            return crl.fault
        if crl.this_update > at + CLOCK_SKEW:
            return f"it starts only at {crl.this_update:%Y-%m-%d %H:%M}Z"
        if not may_cover(crl, link):
            return "it does not cover this certificate"
        if not self._allow_sha1 and _has_weak_hash(crl):
            return "it is signed with SHA-1 or MD5"
        key = (id(crl), issuer.spki)
        if key not in self._verified:
            self._verified[key] = _is_issued_by(crl, issuer) and _has_readable_entries(crl)
        return "" if self._verified[key] else "its signature does not hold"


def _has_readable_entries(crl: Crl) -> bool:
    try:
        return crl.serials is not None
    except UNREADABLE:
        return False


def _has_weak_hash(crl: Crl) -> bool:
    try:
        used = crl.crl.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return False  # the signature check refuses it
    return used is not None and used.name in {"sha1", "md5"}


def _judge_serial(crl: Crl, link: Link, at: datetime) -> Status:
    if link.serial in crl.serials:
        return Status(Outcome.FAILED, f"{link.text} is revoked by the CRL of {crl.this_update:%Y-%m-%d %H:%M}Z", crl)
    if crl.next_update is None or crl.next_update < at:
        ended = f"{crl.next_update:%Y-%m-%d %H:%M}Z" if crl.next_update else "an unknown time"
        return Status(Outcome.UNKNOWN, f"the CRL of {crl.issuer_text} ended at {ended}", crl)
    return Status(Outcome.PASSED, f"{link.text} is not revoked", crl)
