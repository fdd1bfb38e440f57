"""Asking OCSP responders (RFC 6960): the request, where it may go, and which response is worth keeping."""

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from mssmail.core.missing import MissingStatus
from mssmail.errors import BadCertificate, BadRevocationList
from mssmail.trust.certificate import UNREADABLE, load_certificate
from mssmail.trust.crl import CLOCK_SKEW
from mssmail.trust.later import Revoked, find_revoked_by_answer, identify_name
from mssmail.trust.link import Link, load_link
from mssmail.trust.ocsp import OcspAnswer, find_responder_fault, load_ocsp

REQUEST_TYPE: Final = "application/ocsp-request"  # RFC 6960 appendix A.1
RESPONSE_TYPE: Final = "application/ocsp-response"
NONCE_BYTES: Final = 32  # RFC 9654 §2.1
MAX_RESPONSE_BYTES: Final = 64 * 1024
_MAX_ADDRESSES: Final = 4  # of one certificate


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A response in use. ``key`` stands for issuer and serial: a newer one takes its place."""

    raw: bytes
    key: str
    subject: str  # RFC 4514, for people
    revoked: Revoked | None
    this_update: datetime
    valid_until: datetime

    @property
    def is_revoked(self) -> bool:
        """It convicts."""
        return self.revoked is not None


def build_request(missing: MissingStatus, nonce: bytes) -> bytes:
    """The request for one certificate, DER; raises BadCertificate.

    The certID is made with SHA-1: it is what every responder knows (RFC 6960 §4.3), and signs nothing.
    """
    certificate, issuer = load_certificate(missing.certificate), load_certificate(missing.issuer_certificate)
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(Encoding.DER)
    except UNREADABLE as error:
        raise BadCertificate(f"nobody can be asked about {missing.issuer}'s certificate: {error}") from error


def find_addresses(missing: MissingStatus, configured: Sequence[str], hosts: Container[str]) -> tuple[str, ...]:
    """Whom to ask: the configured responders, then those the certificate names whose host an administrator allowed.

    The path of a missing certificate is good but for its status, so its CA wrote the addresses (RFC 5280 §4.2.2.1).
    """
    named = [url for url in _read_addresses(missing.certificate) if _find_host(url) in hosts]
    return tuple(dict.fromkeys((*configured, *named[:_MAX_ADDRESSES])))


def _read_addresses(der: bytes) -> list[str]:
    try:
        extensions = load_certificate(der).extensions
        access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, BadCertificate):
        return []
    return [
        each.access_location.value
        for each in access
        if each.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    ]


def _find_host(url: str) -> str:
    """The host of a plain web address; empty for anything else."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    is_plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc
    return host.lower() if is_plain else ""


def build_key(missing: MissingStatus) -> str:
    """Issuer and serial as a name: what an answer is kept and found under."""
    link, issuer = load_link(missing.certificate), load_link(missing.issuer_certificate)
    return _build_key(link, issuer)


def read_response(
    raw: bytes, missing: MissingStatus, nonce: bytes | None, now: datetime, *, allow_sha1: bool = False
) -> KeptAnswer:
    """The answer about this certificate, if it can be used now; raises BadRevocationList with the reason.

    ``nonce`` is what was asked with, None for a response from disk. A responder may leave it out (RFC 9654 §2.1: those
    that sign in advance do), but another one than ours is somebody's old answer. Who signed is looked at here, and
    again wherever it is used: a delegated responder may be revoked by then.
    """
    link, issuer = load_link(missing.certificate), load_link(missing.issuer_certificate)
    for answer in load_ocsp(raw):
        if answer.is_about(link, issuer):
            _require_usable(answer, issuer, nonce, now, allow_sha1=allow_sha1)
            revoked = find_revoked_by_answer(answer, identify_name(link.certificate.issuer))
            key = _build_key(link, issuer)
            return KeptAnswer(raw, key, link.text, revoked, answer.this_update, answer.valid_until)
    raise BadRevocationList("the OCSP response is about another certificate")


def _require_usable(answer: OcspAnswer, issuer: Link, nonce: bytes | None, now: datetime, *, allow_sha1: bool) -> None:
    fault = answer.find_fault(allow_sha1=allow_sha1) or _find_nonce_fault(answer, nonce)
    if not fault and not (answer.is_good or answer.is_revoked):
        fault = "it does not know the certificate"
    if not fault and answer.this_update > now + CLOCK_SKEW:
        fault = f"it starts only at {answer.this_update:%Y-%m-%d %H:%M}Z"
    if not fault and not answer.is_revoked and answer.valid_until < now:
        fault = f"it ended at {answer.valid_until:%Y-%m-%d %H:%M}Z"
    if not fault:
        responders = answer.find_responders(issuer)
        faults = ["" if each is issuer else find_responder_fault(each, issuer, now) for each in responders]
        fault = "" if "" in faults else (faults or ["nobody vouches for its signature"])[0]
    if fault:
        raise BadRevocationList(f"the OCSP response cannot be used: {fault}")


def _find_nonce_fault(answer: OcspAnswer, nonce: bytes | None) -> str:
    try:
        sent = answer.response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return ""
    return "" if nonce is None or sent == nonce else "it answers another question (nonce)"


def _build_key(link: Link, issuer: Link) -> str:
    return hashlib.sha256(issuer.der + b"|" + str(link.serial).encode("ascii")).hexdigest()
