"""The TLS context of our client: its own certificate shown, the server's chain wanted, its host name not asked."""

import ssl
from collections.abc import Sequence
from pathlib import Path

from mssmail.errors import BadCertificate

# RFC 9325 §4.2: forward secrecy and AEAD only. TLS 1.3 suites are all of that kind and are not named here.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


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
    context.set_ciphers(_CIPHERS)
    try:
        context.load_cert_chain(certificate, key, password=_refuse_password)
        # Intermediates only help to build paths: without X509_V_FLAG_PARTIAL_CHAIN every path ends in a root.
        for der in (*anchors, *intermediates):
            context.load_verify_locations(cadata=der)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise BadCertificate(f"TLS material for deliveries cannot be used: {error}") from error
    return context


def _refuse_password() -> str:
    # Without it OpenSSL would ask on the terminal, and a server would stand still.
    raise ValueError("the key is encrypted")
