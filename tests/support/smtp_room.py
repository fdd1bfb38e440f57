"""A running SMTP listener for tests, with real TLS on loopback, and a handler that says yes unless told otherwise."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mssmail.core.account import Account, AccountKind
from mssmail.core.address import Address
from mssmail.core.reply import Reply
from mssmail.errors import BadCredentials
from mssmail.settings import Endpoint
from mssmail.smtp.connection import Edge
from mssmail.smtp.limits import ConnectionLimits, InflightLimit
from mssmail.smtp.listener import Door, Listener
from mssmail.smtp.login import Credentials
from mssmail.smtp.parameters import MailCommand
from mssmail.smtp.session import Session, Transaction
from mssmail.smtp.tls import Believed, ContextSource
from mssmail.trust.snapshot import TrustSnapshot
from tests.support.pki import Pki, build_pki

TODAY = build_pki(datetime.now(UTC).replace(microsecond=0))
"""Certificates that are in date by the real clock, which is the one TLS asks."""


@dataclass
class YesHandler:
    """Takes everything and remembers it. What ``replies`` holds for a verb or an address is said instead."""

    replies: dict[str, Reply | Exception] = field(default_factory=dict)
    messages: list[tuple[Session, Transaction, bytes]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # DATA is answered when it is open
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # DATA has been asked for

    def __post_init__(self) -> None:
        self.gate.set()

    async def handle_MAIL(self, session: Session, transaction: Transaction, mail: MailCommand) -> Reply:
        return self._answer("MAIL", Reply(250, "2.1.0", "Sender taken"))

    async def handle_RCPT(self, session: Session, transaction: Transaction, recipient: Address) -> Reply:
        return self._answer(str(recipient), Reply(250, "2.1.5", "Recipient taken"))

    async def handle_DATA(self, session: Session, transaction: Transaction, data: bytes) -> Reply:
        self.asked.set()
        await self.gate.wait()
        self.messages.append((session, transaction, data))
        return self._answer("DATA", Reply(250, "2.0.0", transaction.id))

    async def handle_AUTH(self, session: Session, mechanism: str, credentials: Credentials) -> Reply:
        if credentials.password != "right":
            session.failed_logins += 1
            raise BadCredentials
        moment = datetime.now(UTC)
        session.account = Account(
            1, Address("alice", "a.test"), AccountKind.PER, "", (), red_list=False, suspended=False, created_at=moment
        )
        return Reply(235, "2.7.0", "Signed in")

    async def note_refusal(self, session: Session, transaction: Transaction, reply: Reply, rule: str) -> None:
        self.refusals.append(rule)

    def _answer(self, key: str, usual: Reply) -> Reply:
        answer = self.replies.get(key, usual)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Room:
    """A listener at work."""

    listener: Listener
    edge: Edge
    handler: YesHandler
    failures: list[tuple[str, int, str, bool, tuple[bytes, ...]]]
    failed: asyncio.Event

    async def wait_until_empty(self) -> None:
        """Until no connection is open."""
        while tasks := [each.task for each in self.edge.open if each.task]:
            await asyncio.wait(tasks, timeout=10)

    @property
    def port(self) -> int:
        return self.listener.addresses[0].port

    @property
    def tls_port(self) -> int:
        return self.listener.addresses[1].port


def build_believed(pki: Pki = TODAY) -> Believed:
    return TrustSnapshot(1, pki.anchors, pki.intermediates)


def build_contexts(directory: Path, believed: Believed | None = None) -> ContextSource:
    certificate, key = TODAY.make_operator("mx.b.test").write(directory, "server")
    return ContextSource(certificate, key, (lambda: believed) if believed else None)


def build_client_context(credential_directory: Path | None = None, name: str = "client") -> ssl.SSLContext:
    """Trusts the test root; shows ``name``.crt and ``name``.key of the directory, when there is one."""
    context = ssl.create_default_context(cadata=TODAY.anchors[0])
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if credential_directory is not None:
        context.load_cert_chain(credential_directory / f"{name}.crt", credential_directory / f"{name}.key")
    return context


@asynccontextmanager
async def open_room(
    directory: Path, *, believed: Believed | None = None, handler: YesHandler | None = None, **changes: object
) -> AsyncIterator[Room]:
    """Listen on two ports, STARTTLS and implicit TLS; ``changes`` are fields of the Edge."""
    contexts = build_contexts(directory, believed)
    failures: list[tuple[str, int, str, bool, tuple[bytes, ...]]] = []
    failed = asyncio.Event()

    def note(*facts: object) -> None:
        failures.append(facts)  # type: ignore[arg-type]
        failed.set()

    handler = handler or YesHandler()
    edge = Edge(
        server_name="mx.b.test",
        postmaster_domain="b.test",
        handler=handler,
        connections=ConnectionLimits(20, 20),
        inflight=InflightLimit(10_000_000),
        on_failure=note,
        contexts=contexts,
        max_message_bytes=1_000_000,
        max_recipients=100,
        max_messages=100,
        command_seconds=20,
        data_seconds=20,
    )
    edge = replace(edge, **changes)  # type: ignore[arg-type]
    doors = (Door(Endpoint("127.0.0.1", 0)), Door(Endpoint("127.0.0.1", 0), is_implicit=True))
    listener = Listener(edge, contexts, doors)
    await listener.start()
    try:
        yield Room(listener, edge, handler, failures, failed)
    finally:
        handler.gate.set()
        await listener.stop()
