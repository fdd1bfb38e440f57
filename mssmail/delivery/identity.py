"""Who the peer's server is: its certificate, read and judged by our own rules after OpenSSL accepted it."""

import ssl
from datetime import datetime

from mssmail.core.envelope import Peer
from mssmail.core.verdict import Outcome
from mssmail.delivery.tls import read_tls_facts
from mssmail.errors import BadCertificate
from mssmail.settings import Endpoint
from mssmail.trust.certificate import describe_name, fingerprint, load_certificate, read_name, read_serial
from mssmail.trust.path import verify_path
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose


def identify_server(tls: ssl.SSLObject, endpoint: Endpoint, trust: TrustStore, at: datetime) -> Peer:
    """The peer behind a finished handshake; without a name when its certificate does not pass as a TLS server's.

    Whether it was revoked is asked here, of the lists we hold: OpenSSL is not told of them, because it could not tell
    "revoked" from "cannot be checked", which are different answers.
    """
    certificate, *others = read_chain(tls)
    facts = read_tls_facts(tls)
    bare = Peer(endpoint.host, endpoint.port, tls=facts, fingerprint=fingerprint(certificate))
    try:
        parsed = load_certificate(certificate)
        name = read_name(parsed.subject)
    except BadCertificate:
        return bare
    path = verify_path(certificate, others, trust, Purpose.TLS_SERVER, at)
    is_believed = all(fact.outcome is Outcome.PASSED for fact in (path.chain, path.dates, path.usage))
    return Peer(
        endpoint.host,
        endpoint.port,
        tls=facts,
        name=name if is_believed else None,
        subject=describe_name(parsed.subject),
        serial=read_serial(parsed),
        fingerprint=bare.fingerprint,
        not_after=parsed.not_valid_after_utc,
        revoked={Outcome.PASSED: False, Outcome.FAILED: True}.get(path.revocation.outcome),
        missing=path.missing,
        chain=(certificate, *others),
    )


def read_chain(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates the server sent, DER, its own first.

    ``get_unverified_chain`` is public from Python 3.13 on; before, it is the same method of the inner object.
    """
    own = tls.getpeercert(binary_form=True)
    if own is None:  # impossible under CERT_REQUIRED
        raise BadCertificate("the server showed no certificate")
    inner = tls if hasattr(tls, "get_unverified_chain") else tls._sslobj  # type: ignore[attr-defined]
    sent = inner.get_unverified_chain() or []
    others = [each if isinstance(each, bytes) else _encode_der(each) for each in sent[1:]]
    return [own, *others]


def _encode_der(certificate: object) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.public_bytes())  # type: ignore[attr-defined]
