"""The TLS context of our client: its own certificate shown, the server's chain wanted, its host name not asked."""

import logging
import ssl
from collections.abc import Sequence
from pathlib import Path

from mssmail.core.envelope import TlsFacts
from mssmail.errors import BadCertificate
from mssmail.trust.offered import watch_offers
from mssmail.trust.snapshot import TrustSnapshot

_log = logging.getLogger(__name__)

# RFC 9325 §4.2: forward secrecy and AEAD only. TLS 1.3 suites are all of that kind. OpenSSL's name → IANA's.
CIPHERS = {
    "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "ECDHE-RSA-CHACHA20-POLY1305": "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}


def build_client_context(
    certificate: Path, key: Path, anchors: Sequence[bytes], intermediates: Sequence[bytes] = ()
) -> ssl.SSLContext:
    """A context for deliveries; ``anchors`` and ``intermediates`` are DER. Raises BadCertificate.

    The host name is not checked: in the trust space a server is known by its certificate's distinguished name, which
    the white list must hold for the recipient's domain (``policy.peer``). That is stronger than a name DNS gave us, and
    many domains share one host.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(":".join(CIPHERS))
    watch_offers(context)
    try:
        context.load_cert_chain(certificate, key, password=_refuse_password)
        _load_authorities(context, anchors, intermediates)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise BadCertificate(f"TLS material for deliveries cannot be used: {error}") from error
    return context


class ClientContexts:
    """The context for the next delivery; built anew when the files or the trust have changed.

    A renewal that cannot be used (half a file, a key that does not fit) is logged, and the old context stays.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._stamp: tuple[object, ...] = ()
        self._context: ssl.SSLContext | None = None

    def find_context(self, snapshot: TrustSnapshot) -> ssl.SSLContext:
        """The context under this snapshot; raises BadCertificate when there never was one that could be used."""
        stamp = (snapshot.generation, *map(_read_stamp, self._files))
        if self._context is None or stamp != self._stamp:
            try:
                self._context = build_client_context(*self._files, snapshot.anchors, snapshot.intermediates)
            except BadCertificate as fault:
                if self._context is None:
                    raise
                _log.error("TLS material for deliveries not renewed: %s", fault)
            self._stamp = stamp
        return self._context


def _read_stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ino, status.st_size


def _load_authorities(context: ssl.SSLContext, anchors: Sequence[bytes], intermediates: Sequence[bytes]) -> None:
    """Anchors, and what helps to build paths to them.

    OpenSSL ends a path only in a self-signed certificate, or under PARTIAL_CHAIN in any it was given: an anchor that is
    not self-signed leaves no room for intermediates. Either way ``identity`` judges the path again by our own rules.
    """
    for der in anchors:
        context.load_verify_locations(cadata=der)
    if all(each.get("subject") == each.get("issuer") for each in context.get_ca_certs()):
        for der in intermediates:
            context.load_verify_locations(cadata=der)
    else:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def read_tls_facts(tls: ssl.SSLObject) -> TlsFacts:
    """Version and IANA suite name of a finished handshake."""
    name = (tls.cipher() or ("", "", 0))[0]
    return TlsFacts(tls.version() or "", CIPHERS.get(name, name))


def _refuse_password() -> str:
    # Without it OpenSSL would ask on the terminal, and a server would stand still.
    raise ValueError("the key is encrypted")
