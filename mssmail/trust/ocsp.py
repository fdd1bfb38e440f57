"""OCSP answers (RFC 6960) given as bytes: whom they are about, who gave them, and whether they count.

Nothing is asked here: answers come with the snapshot, from configured places, never from an address in a certificate.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from mssmail.errors import BadCertificate, BadRevocationList
from mssmail.trust import der
from mssmail.trust.certificate import UNREADABLE, bear_with_odd_serials, fold_name
from mssmail.trust.link import Link, load_link
from mssmail.trust.signature import is_octets_signed_with, is_signed_with

# An answer without nextUpdate says that newer information is always at hand (RFC 6960 §4.2.2.1); ours is kept so long.
_UNDATED: Final = timedelta(hours=24)
_LATEST: Final = datetime.max.replace(tzinfo=UTC) - _UNDATED
_MAX_ANSWERS: Final = 1_000


@dataclass(frozen=True, eq=False)
class OcspAnswer:
    """One certificate's status in one response; believed only once its responder is."""

    response: ocsp.OCSPResponse
    single: ocsp.OCSPSingleResponse
    certificates: tuple[Link, ...]

    @property
    def serial(self) -> int:
        """The serial number asked about."""
        return self.single.serial_number

    @property
    def this_update(self) -> datetime:
        """When this was known to be right."""
        return self.single.this_update_utc

    @property
    def valid_until(self) -> datetime:
        """When newer information is to be had."""
        return self.single.next_update_utc or min(self.this_update, _LATEST) + _UNDATED

    @property
    def is_good(self) -> bool:
        """Not revoked, as far as this responder knows."""
        return self.single.certificate_status is ocsp.OCSPCertStatus.GOOD

    @property
    def is_revoked(self) -> bool:
        """Revoked."""
        return self.single.certificate_status is ocsp.OCSPCertStatus.REVOKED

    def is_about(self, link: Link, issuer: Link) -> bool:
        """The certID is this certificate's (RFC 6960 §4.1.1): serial, and the digests of issuer's name and key."""
        try:
            algorithm = self.single.hash_algorithm
        except UnsupportedAlgorithm:
            return False
        return (
            self.serial == link.serial
            and self.single.issuer_name_hash == _digest(algorithm, link.issuer_der)
            and self.single.issuer_key_hash == _digest(algorithm, _cut_key(issuer))
        )

    def find_fault(self, *, allow_sha1: bool) -> str:
        """Why the response answers nothing, or empty."""
        if any(extension.critical for extension in self.response.extensions):
            return "it has a critical extension"
        try:
            used = self.response.signature_hash_algorithm
        except UnsupportedAlgorithm:
            return "its signature algorithm is unknown"
        if not allow_sha1 and used is not None and used.name in {"sha1", "md5"}:
            return "it is signed with SHA-1 or MD5"
        return ""

    def find_responders(self, issuer: Link) -> list[Link]:
        """Of issuer and certificates sent along, those the responder may be and whose key made the signature."""
        return [link for link in (issuer, *self.certificates) if self._names(link) and self._is_signed_by(link)]

    def _names(self, link: Link) -> bool:
        if self.response.responder_name is not None:
            return fold_name(self.response.responder_name) == link.subject
        digest = hashlib.sha1(_cut_key(link), usedforsecurity=False).digest()  # RFC 6960 §4.2.1: KeyHash
        return self.response.responder_key_hash == digest

    def _is_signed_by(self, link: Link) -> bool:
        response = self.response
        return is_octets_signed_with(
            link.public_key,
            response.signature_algorithm_oid,
            response.signature_hash_algorithm,
            response.signature,
            response.tbs_response_bytes,
        )


def load_ocsp(raw: bytes) -> tuple[OcspAnswer, ...]:
    """The answers of a response in these DER bytes; raises BadRevocationList. Nothing is verified yet."""
    try:
        response = ocsp.load_der_ocsp_response(raw)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise BadRevocationList(f"the OCSP response says {response.response_status.name}")
        with bear_with_odd_serials():
            sent = [certificate.public_bytes(Encoding.DER) for certificate in response.certificates]
        certificates = tuple(load_link(each) for each in sent[:8])
        singles = list(response.responses)[:_MAX_ANSWERS]
        _ = response.extensions, [single.serial_number for single in singles]
    except (*UNREADABLE, BadCertificate) as error:
        raise BadRevocationList(f"not a readable OCSP response: {error}") from error
    return tuple(OcspAnswer(response, single, certificates) for single in singles)


def find_responder_fault(responder: Link, issuer: Link, at: datetime) -> str:
    """Why a certificate is not one the issuer appointed to answer (RFC 6960 §4.2.2.2), or empty; not its revocation."""
    uses, usage = responder.extended_key_usage, responder.key_usage
    if uses is None or ExtendedKeyUsageOID.OCSP_SIGNING not in uses:
        return "its extended key usage does not allow signing OCSP answers"
    if usage is not None and not usage.digital_signature and not usage.content_commitment:
        return "its key usage does not allow signing"
    if responder.unknown_critical:
        return f"it has the unknown critical extension {responder.unknown_critical[0]}"
    if not responder.not_before <= at <= responder.not_after:
        return "it is not in date"
    is_appointed = is_signed_with(responder.certificate, issuer.public_key, responder.der)
    if responder.issuer != issuer.subject or not is_appointed:
        return "the issuer did not appoint it"
    return ""


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _cut_key(link: Link) -> bytes:
    """The bits of the subjectPublicKey, without tag, length and count of unused bits."""
    if not link.spki:
        return b""
    start, end = der.expect_tlv(link.spki, 0, len(link.spki), der.SEQUENCE)
    _, _, at = der.read_tlv(link.spki, start, end)
    value, stop = der.expect_tlv(link.spki, at, end, der.BIT_STRING)
    return link.spki[value + 1 : stop]
