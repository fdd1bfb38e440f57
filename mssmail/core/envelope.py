"""Who hands us a message, and for whom: what SMTP says outside the message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mssmail.core.address import Address, ReversePath
from mssmail.core.message import RawMessage
from mssmail.core.missing import MissingStatus
from mssmail.core.names import DistinguishedName
from mssmail.core.parameters import NO_PARAMETERS, PLAIN_MAIL, MailParameters, RecipientParameters


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
    not_after: datetime | None = None  # when the certificate ends
    revoked: bool | None = None
    missing: tuple[MissingStatus, ...] = ()  # why ``revoked`` is None
    chain: tuple[bytes, ...] = field(default=(), repr=False)  # the certificates it showed, DER, its own first


@dataclass(frozen=True, slots=True)
class Envelope:
    """A whole message as SMTP gave it, with the id that follows it everywhere.

    ``asked`` holds the parameters of those recipients that came with some: see ``find_parameters``.
    """

    id: str
    reverse_path: ReversePath
    recipients: tuple[Address, ...]
    peer: Peer
    message: RawMessage
    received_at: datetime
    login: Address | None = None  # the signed-in account, on submission
    parameters: MailParameters = PLAIN_MAIL
    asked: Mapping[Address, RecipientParameters] = field(default_factory=dict)
    identities: tuple[Address, ...] = ()  # addresses beside its own in whose name it may write

    def __post_init__(self) -> None:
        if not self.recipients:
            raise ValueError("an envelope has a recipient")

    def find_parameters(self, recipient: Address) -> RecipientParameters:
        """What was asked for with this recipient."""
        return self.asked.get(recipient, NO_PARAMETERS)
