"""TLS of the SMTP listeners: contexts that follow their files and anchors, and handshakes that say why they failed."""

import asyncio
import logging
import ssl
from asyncio import sslproto
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from mssmail.core.envelope import TlsFacts
from mssmail.errors import ConfigError
from mssmail.smtp.limits import ConnectionLimits
from mssmail.trust.offered import find_offer, watch_offers

_log = logging.getLogger(__name__)

# trust-space profile for TLS 1.2, best first; TLS 1.3 has only good ones. OpenSSL's name → IANA's.
CIPHERS: Final = {
    "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
}
HANDSHAKE_SECONDS: Final = 30
_LINGER_SECONDS: Final = 5


class Believed(Protocol):
    """The part of a trust snapshot a handshake needs; certificates in DER."""

    @property
    def generation(self) -> int:
        """Differs when anything else differs."""
        ...

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """What ends a path."""
        ...

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        """What helps to build one."""
        ...


def build_server_context(certificate: Path, key: Path, believed: Believed | None = None) -> ssl.SSLContext:
    """A server's context; with ``believed`` it asks for a client certificate, and takes none for an answer.

    Raises ConfigError for files that cannot be used. There is no session resumption: every connection shows its
    certificate anew, so that a change of anchors or dates counts from the next connection on.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(CIPHERS))
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    try:
        # An empty password, or OpenSSL would ask the terminal for that of an encrypted key.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"certificate and key cannot be used: {error}", file=f"{certificate}, {key}") from error
    if believed is not None:
        _load_believed(context, believed)
        watch_offers(context)
    return context


def _load_believed(context: ssl.SSLContext, believed: Believed) -> None:
    """Ask for client certificates under these anchors.

    OpenSSL takes every self-signed certificate it is given for an anchor, and others only under PARTIAL_CHAIN, where it
    takes all. So intermediates join in only when all anchors are self-signed: they must never become anchors.
    """
    context.verify_mode = ssl.CERT_OPTIONAL
    try:
        if believed.anchors:
            context.load_verify_locations(cadata=b"".join(believed.anchors))
        if not all(each.get("subject") == each.get("issuer") for each in context.get_ca_certs()):
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            return
        others = [der for der in believed.intermediates if not _is_self_issued(der)]
        if others and believed.anchors:
            context.load_verify_locations(cadata=b"".join(others))
    except ssl.SSLError as error:
        raise ConfigError(f"an anchor cannot be used: {error}") from error


def _is_self_issued(der: bytes) -> bool:
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    probe.load_verify_locations(cadata=der)
    return all(each.get("subject") == each.get("issuer") for each in probe.get_ca_certs())


class ContextSource:
    """The context for the next handshake; rebuilt when the files or the anchors have changed.

    A renewal that cannot be used (half a file, a key that does not fit) is logged, and the old context stays.
    """

    def __init__(self, certificate: Path, key: Path, read_believed: Callable[[], Believed] | None = None) -> None:
        self._certificate, self._key, self._read_believed = certificate, key, read_believed
        self._stamp = self._read_stamp()
        self._context = self._build()

    def find_context(self) -> ssl.SSLContext:
        """The context of this moment."""
        stamp = self._read_stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._context = self._build()
            except ConfigError as error:
                _log.error("TLS certificate or anchors not renewed: %s", error)
            else:
                _log.info("TLS certificate or anchors renewed")
        return self._context

    def _build(self) -> ssl.SSLContext:
        return build_server_context(
            self._certificate, self._key, self._read_believed() if self._read_believed else None
        )

    def _read_stamp(self) -> tuple[object, ...]:
        stamps: list[object] = [self._read_believed().generation if self._read_believed else 0]
        for path in (self._certificate, self._key):
            try:
                status = path.stat()
                stamps.append((status.st_mtime_ns, status.st_ino, status.st_size))
            except OSError:
                stamps.append(None)
        return tuple(stamps)


def read_tls_facts(ssl_object: ssl.SSLObject) -> TlsFacts:
    """Version and IANA suite name of a finished handshake."""
    cipher = ssl_object.cipher()
    name = cipher[0] if cipher else ""
    return TlsFacts(ssl_object.version() or "", CIPHERS.get(name, name))


def read_peer_chain(ssl_object: ssl.SSLObject) -> tuple[bytes, ...]:
    """The other side's certificate and the path OpenSSL verified it by, DER, leaf first; empty without one."""
    leaf = ssl_object.getpeercert(binary_form=True)
    if leaf is None:
        return ()
    public = getattr(ssl_object, "get_verified_chain", None)  # Python 3.13
    if public is not None:
        return tuple(public())
    # Before 3.13 only the C object knows, and it calls DER encoding number 2.
    chain: Sequence[Any] = ssl_object._sslobj.get_verified_chain() or ()  # type: ignore[attr-defined]
    return tuple(each.public_bytes(2) for each in chain) or (leaf,)


OnFailure = Callable[[str, int, str, bool, tuple[bytes, ...]], None]
"""Told the peer's address and port, the cause, whether TLS itself failed (not just a connection that closed), and the
certificates (DER) the peer offered."""


class ServerHandshake(sslproto.SSLProtocol):
    """asyncio's TLS layer, except that a failed handshake is reported and its alert reaches the other side.

    asyncio drops the alert with the connection (seen in Python 3.11): the peer would read a reset instead of
    "certificate expired". Private parts of asyncio are used, as aiosmtpd does; ``tests/smtp/test_tls.py`` watches them.
    """

    def __init__(
        self,
        protocol: asyncio.BaseProtocol,
        context: ssl.SSLContext,
        on_failure: OnFailure,
        waiter: "asyncio.Future[None] | None" = None,
        connections: ConnectionLimits | None = None,
    ) -> None:
        super().__init__(
            asyncio.get_running_loop(),
            protocol,
            context,
            waiter,  # type: ignore[arg-type] # None is asyncio's own default
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        self._on_failure = on_failure
        self._connections = connections
        self._is_reported = False
        self._peername: tuple[Any, ...] = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake begins, if there is room for one more: under implicit TLS we cannot say 421 before it."""
        self._peername = transport.get_extra_info("peername") or ("", 0)
        if self._connections is not None and not self._connections.try_enter(str(self._peername[0])):
            self._connections, self._is_reported = None, True
            _log.warning("too many connections, %s turned away", self._peername[0])
            transport.abort()  # type: ignore[attr-defined]
            return
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Closed from outside, perhaps before the handshake was done."""
        if self._connections is not None:
            self._connections.leave(str(self._peername[0]))
            self._connections = None
        self._report(exc or ConnectionResetError())
        super().connection_lost(exc)

    def _fatal_error(self, exc: BaseException, message: str = "Fatal error on transport") -> None:
        self._report(exc)
        if isinstance(exc, ssl.SSLError) and not self._is_complete() and self._transport is not None:
            self._send_alert()
            return
        super()._fatal_error(exc, message)

    def _is_complete(self) -> bool:
        return "ssl_object" in self._extra

    def _report(self, cause: BaseException) -> None:
        if not self._is_reported and not self._is_complete():
            self._is_reported = True
            is_tls = isinstance(cause, ssl.SSLError)
            offered = find_offer(self._sslobj)  # type: ignore[attr-defined]
            self._on_failure(str(self._peername[0]), int(self._peername[1]), describe_failure(cause), is_tls, offered)

    def _send_alert(self) -> None:
        transport: Any = self._transport
        outgoing: ssl.MemoryBIO = self._outgoing  # type: ignore[attr-defined]
        if alert := outgoing.read():
            transport.write(alert)
        self._app_transport._closed = True
        transport.set_protocol(_Linger(self, transport))


class _Linger(asyncio.Protocol):
    """Lets the alert be read: closing at once would turn it into a reset, for there may be octets nobody read."""

    def __init__(self, handshake: ServerHandshake, transport: asyncio.Transport) -> None:
        self._handshake = handshake
        if transport.can_write_eof():
            transport.write_eof()
        self._timer = asyncio.get_running_loop().call_later(_LINGER_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for the handshake's end may go."""
        self._timer.cancel()
        self._handshake.connection_lost(exc)


def describe_failure(cause: BaseException) -> str:
    """Why a handshake failed, in OpenSSL's words where it has some."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"client certificate refused: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return (getattr(cause, "reason", None) or str(cause)).replace("_", " ").lower()
    if isinstance(cause, ConnectionAbortedError):
        return "the handshake took too long"
    return "the connection was closed"
