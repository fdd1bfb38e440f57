"""What a new revocation list or OCSP answer says of certificates that were believed before."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509

from mssmail.trust.certificate import UNREADABLE, escape_text
from mssmail.trust.crl import Crl
from mssmail.trust.ocsp import OcspAnswer


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate by issuer and serial, and since when it must not be believed."""

    issuer_key: str
    serial: int
    since: datetime  # revocation date, or the invalidity date before it (RFC 5280 §5.3.2)
    reason: str
    source: str


_E = TypeVar("_E", bound=x509.ExtensionType)
SignerKey = tuple[str, int]  # issuer_key, serial


@lru_cache(256)
def identify_issuer(text: str) -> str:
    """One key for a CA's name (RFC 4514 text), however its spaces and letters' case are written."""
    folded = " ".join(text.split()).casefold()
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:32]


def identify_name(name: x509.Name) -> str:
    """The same key for a name as certificates and lists hold it."""
    return identify_issuer(escape_text(name.rfc4514_string()))


def find_revoked(crl: Crl, signers: Collection[SignerKey]) -> Iterator[Revoked]:
    """Those of the signers that stand on the list; the list is believed already."""
    source = f"the CRL of {crl.issuer_text}, number {crl.number}, of {crl.this_update:%Y-%m-%d %H:%M}Z"
    wanted = set(signers)
    if crl.is_indirect:
        yield from _search_indirect(crl, wanted, source)
        return
    issuer_key = identify_name(crl.crl.issuer)
    for key, serial in sorted(wanted):
        if key == issuer_key and serial in crl.serials:
            entry = crl.crl.get_revoked_certificate_by_serial_number(serial)
            if entry is not None and not _is_removal(entry):
                yield _build(key, entry, source)


def find_revoked_by_answer(answer: OcspAnswer, issuer_key: str) -> Revoked | None:
    """What an OCSP answer, believed already, says of this issuer's certificate of its serial number."""
    if not answer.is_revoked:
        return None
    since = answer.single.revocation_time_utc or answer.this_update
    reason = answer.single.revocation_reason
    source = f"the OCSP answer of {answer.this_update:%Y-%m-%d %H:%M}Z"
    return Revoked(issuer_key, answer.serial, since, reason.value if reason else "", source)


def _search_indirect(crl: Crl, wanted: set[SignerKey], source: str) -> Iterator[Revoked]:
    """The issuer named last stands (RFC 5280 §5.3.3)."""
    issuer_key = identify_name(crl.crl.issuer)
    for entry in crl.crl:
        issuer_key = _read_issuer(entry) or issuer_key
        if (issuer_key, entry.serial_number) in wanted and not _is_removal(entry):
            yield _build(issuer_key, entry, source)


def _read_issuer(entry: x509.RevokedCertificate) -> str:
    found = _find_extension(entry, x509.CertificateIssuer)
    names = found.get_values_for_type(x509.DirectoryName) if found is not None else []
    return identify_name(names[0]) if names else ""


def _is_removal(entry: x509.RevokedCertificate) -> bool:
    reason = _find_extension(entry, x509.CRLReason)
    return reason is not None and reason.reason is x509.ReasonFlags.remove_from_crl


def _build(issuer_key: str, entry: x509.RevokedCertificate, source: str) -> Revoked:
    reason = _find_extension(entry, x509.CRLReason)
    invalid = _find_extension(entry, x509.InvalidityDate)
    since = entry.revocation_date_utc
    if invalid is not None:
        since = min(since, invalid.invalidity_date_utc)
    return Revoked(issuer_key, entry.serial_number, since, reason.reason.value if reason is not None else "", source)


def _find_extension(entry: x509.RevokedCertificate, kind: type[_E]) -> _E | None:
    try:
        return next((each.value for each in entry.extensions if isinstance(each.value, kind)), None)
    except UNREADABLE:  # whoever stands on the list is revoked, also for a reason nobody can read
        return None
