"""Who hands us a message, and for whom: what SMTP says outside the message."""

from dataclasses import dataclass
from datetime import datetime

from mssmail.core.address import Address, ReversePath
from mssmail.core.message import RawMessage
from mssmail.core.names import DistinguishedName


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What the handshake settled: ``TLSv1.3``, the IANA suite name."""

    version: str
    cipher: str


@dataclass(frozen=True, slots=True)
class Peer:
    """The other side of a connection. ``name`` and what follows are None when it showed no certificate.

    A certificate named here was accepted by the TLS layer: it chains to an anchor and is in date. Revocation is in
    ``revoked``: True, False, or None when it could not be checked (RFC 5280 §6.3.3, UNDETERMINED).
    """

    address: str  # IP address of the socket
    port: int
    helo: str = ""
    tls: TlsFacts | None = None
    name: DistinguishedName | None = None
    subject: str = ""  # RFC 4514, to be read by people
    serial: int | None = None
    fingerprint: str = ""  # SHA-256 of the DER, lower-case hex
    revoked: bool | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A whole message as SMTP gave it, with the id that follows it everywhere."""

    id: str
    reverse_path: ReversePath
    recipients: tuple[Address, ...]
    peer: Peer
    message: RawMessage
    received_at: datetime
    login: Address | None = None  # the signed-in account, on submission

    def __post_init__(self) -> None:
        if not self.recipients:
            raise ValueError("an envelope has a recipient")
