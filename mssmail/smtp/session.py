"""What is known of one connection and of the transaction under way, and who is asked about them."""

import asyncio
from functools import cached_property
from typing import Protocol

from aiosmtpd.smtp import Envelope as AiosmtpdEnvelope
from aiosmtpd.smtp import Session as AiosmtpdSession

from mssmail.core.account import Account
from mssmail.core.address import Address
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.parameters import NO_PARAMETERS, RecipientParameters
from mssmail.core.reply import Reply
from mssmail.core.trace import build_id
from mssmail.smtp.chunks import ChunkReader
from mssmail.smtp.login import Credentials
from mssmail.smtp.parameters import MailCommand


class Session(AiosmtpdSession):
    """One connection since its start or since STARTTLS, which forgets all that came before (RFC 3207 §4.2)."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.id = build_id()
        self.address = ""
        self.port = 0
        self.tls: TlsFacts | None = None
        self.chain: tuple[bytes, ...] = ()  # the client certificate and its path, DER, as OpenSSL verified them
        self.judged_peer: Peer | None = None  # the handler's, once it has judged the certificate
        self.certified: Peer | None = None  # what the certificate says of the peer at any time
        self.account: Account | None = None
        self.failed_logins = 0
        self.messages = 0  # transactions begun

    @property
    def peer_facts(self) -> Peer:
        """The other side without its certificate."""
        return Peer(self.address, self.port, self.host_name or "", self.tls)


class Transaction(AiosmtpdEnvelope):
    """From MAIL to the reply to DATA. ``id`` follows the message into every log line, the journal and the 250."""

    def __init__(self) -> None:
        super().__init__()
        self.mail: MailCommand | None = None
        self.recipients: list[Address] = []
        self.asked: dict[Address, RecipientParameters] = {}  # of those recipients that came with parameters
        self.identities: tuple[Address, ...] = ()  # addresses beside its own that the client may write as
        self.receive_seconds = 0.0  # from 354 to the last octet, or over all chunks
        self.chunks: ChunkReader | None = None  # once BDAT has begun
        self.deadline = 0.0  # of all chunks together, by the loop's clock

    @cached_property
    def id(self) -> str:
        """Made when first asked for: most transactions are begun to be forgotten."""
        return build_id()

    def add_recipient(self, recipient: Address, parameters: RecipientParameters = NO_PARAMETERS) -> None:
        """Take a recipient; one named twice is delivered to once, as was asked for first."""
        if recipient.key in {known.key for known in self.recipients}:
            return
        self.recipients.append(recipient)
        if parameters != NO_PARAMETERS:
            self.asked[recipient] = parameters


class Handler(Protocol):
    """Who answers what the protocol cannot: each question is asked once the command's form and order are right.

    The names are aiosmtpd's. Faults may be raised; they become the replies of ``replies``.
    """

    async def handle_MAIL(self, session: Session, transaction: Transaction, mail: MailCommand) -> Reply:
        """May this sender be used? 250 begins the transaction."""
        ...

    async def handle_RCPT(self, session: Session, transaction: Transaction, recipient: Address) -> Reply:
        """Is this recipient taken? 250 adds it."""
        ...

    async def handle_DATA(self, session: Session, transaction: Transaction, data: bytes) -> Reply:
        """Take the message: 250 means that it is on the disk. Runs to its end whatever the connection does."""
        ...

    async def handle_AUTH(self, session: Session, mechanism: str, credentials: Credentials) -> Reply:
        """Do these credentials hold? 235 signs in."""
        ...

    async def note_refusal(self, session: Session, transaction: Transaction, reply: Reply, rule: str) -> None:
        """A message was refused before anybody was asked: write it down."""
        ...
