"""An OCSP responder for tests: knows its authority's certificates, answers as honestly as it is told to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mssmail.lab.pki import Credential
from tests.support.odd_certificates import Odd


@dataclass
class Responder:
    """``answer`` takes a request's DER. It signs with the authority's key, or with that of ``delegate``."""

    authority: Odd | Credential
    read_clock: Callable[[], datetime]
    certificates: list[x509.Certificate]
    delegate: Odd | Credential | None = None
    revoked: set[int] = field(default_factory=set)
    echoes_nonce: bool = True
    false_nonce: bytes = b""
    valid: timedelta | None = timedelta(hours=8)
    age: timedelta = timedelta(minutes=1)
    is_busy: bool = False
    asked: list[int] = field(default_factory=list)

    def answer(self, question: bytes) -> bytes:
        request = ocsp.load_der_ocsp_request(question)
        self.asked.append(request.serial_number)
        if self.is_busy:
            status = ocsp.OCSPResponseStatus.TRY_LATER
            return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
        found = {each.serial_number: each for each in self.certificates}
        certificate = found.get(request.serial_number)
        if certificate is None:
            status = ocsp.OCSPResponseStatus.UNAUTHORIZED
            return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
        return self._build(certificate, request).public_bytes(Encoding.DER)

    def _build(self, certificate: x509.Certificate, request: ocsp.OCSPRequest) -> ocsp.OCSPResponse:
        now = self.read_clock()
        is_revoked = certificate.serial_number in self.revoked
        signer = self.delegate or self.authority
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate,
            self.authority.certificate,
            hashes.SHA1(),  # RFC 6960 §4.3: what the request names it by
            ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
            now - self.age,
            None if self.valid is None else now - self.age + self.valid,
            now - timedelta(days=1) if is_revoked else None,
            x509.ReasonFlags.key_compromise if is_revoked else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        if self.delegate is not None:
            builder = builder.certificates([self.delegate.certificate])
        nonce = self.false_nonce or request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        if self.echoes_nonce:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        key = signer.key
        return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
