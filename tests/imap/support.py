"""A real store with an account, and clients that talk to a session of it with and without a socket."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TypeVar

from mssmail.core.account import Account
from mssmail.core.clock import read_clock
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.flows.bell import Bells
from mssmail.flows.mailboxes import Mailboxes
from mssmail.flows.sign_in import SignIn
from mssmail.imap.dispatch import receive
from mssmail.imap.news import push
from mssmail.imap.server import ImapListener
from mssmail.imap.session import Session, Terms
from mssmail.imap.wire.frames import build_limits
from mssmail.imap.wire.framing import Framer
from mssmail.lab.pki import Credential
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.settings import Endpoint, Imap, Login
from mssmail.store.engine import Store
from mssmail.store.messages import Delivered, Delivery, Placement, deliver
from tests.support.pki import Pki
from tests.support.store import add_account, hash_once, make_store

USER, PASSWORD = "anne@a.test", "correct horse"
AUTHSERV_ID = "mss.a.test"
PREFIX = b"Return-Path: <b@b.test>\r\nAuthentication-Results: mss.a.test; smime=pass\r\nReceived: from b.test\r\n"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PEER = Peer("192.0.2.1", 4321, tls=TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384"))

MESSAGE = (
    b"From: Bob <b@b.test>\r\nTo: anne@a.test\r\nSubject: hello\r\nMessage-ID: <1@b.test>\r\n"
    b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nthe body\r\n"
)


def build_message(subject: str, body: bytes = b"the body\r\n") -> bytes:
    """A small message of its own."""
    return MESSAGE.replace(b"hello", subject.encode()).replace(b"the body\r\n", body)


@dataclass
class World:
    """A store with anne's account."""

    store: Store
    mailboxes: Mailboxes
    bells: Bells
    anne: Account

    def deliver(self, data: bytes = MESSAGE, mailbox: str = "INBOX", *flags: str) -> Delivered:
        """What SMTP does with a message, bell included."""
        root = scan(data)
        delivery = Delivery(
            trace_id="t1",
            body=self.store.keep_body(data),
            prefix=PREFIX,
            index=build_index(data, root, AUTHSERV_ID),
            summary="trusted",
            evidence="{}",
            reverse_path=None,
            received_at=NOW,
            placements=(Placement(self.anne.id, mailbox, frozenset(flags)),),
        )
        delivered = self.store.submit(lambda conn: deliver(conn, delivery)).result()
        for placed in delivered.placed:
            self.bells.ring(placed.mailbox_id)
        return delivered


@contextmanager
def open_world(directory: Path) -> Iterator[World]:
    """A new store in a real SQLite file."""
    store = make_store(directory / "store")
    try:
        bells = Bells()
        account = add_account(store, USER, password_hash=hash_once(PASSWORD))
        yield World(store, build_mailboxes(store, bells), bells, account)
    finally:
        store.close()


def build_mailboxes(store: Store, bells: Bells) -> Mailboxes:
    """The mail store as ``app`` wires it."""
    return Mailboxes(
        store, bells, read_clock, lambda data: build_index(data, scan(data), AUTHSERV_ID), SignIn(store, read_clock)
    )


T = TypeVar("T")


@dataclass
class Wire:
    """Where a session without a socket sends: it remembers."""

    sent: bytearray = field(default_factory=bytearray)
    pauses: list[float] = field(default_factory=list)
    largest: int = 0
    gone: bool = False
    aside_works: int = 0  # done in another thread

    async def send(self, data: bytes) -> None:
        self.sent += data
        self.largest = max(self.largest, len(data))

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def is_gone(self) -> bool:
        return self.gone

    async def aside(self, work: Callable[[], T]) -> T:
        self.aside_works += 1
        return await asyncio.to_thread(work)


class Talk:
    """A client of a session without a socket."""

    def __init__(self, world: World, *, peer: Peer = PEER, terms: Terms | None = None) -> None:
        self.wire = Wire()
        self.session = Session(world.mailboxes, Framer(), self.wire, peer, terms or Terms(), "s1")
        self._count = 0

    async def say(self, data: bytes) -> bytes:
        """Send octets as they are; everything that comes back."""
        start = len(self.wire.sent)
        self.session.framer.feed(data)
        while not self.session.has_ended and (event := self.session.framer.next_event()) is not None:
            await receive(self.session, event)
        return bytes(self.wire.sent[start:])

    async def do(self, command: str) -> list[str]:
        """Send one command under a tag ``T``; the lines of the answer, the tagged one without its tag last."""
        answer = await self.say(b"T " + command.encode() + b"\r\n")
        return [line.removeprefix("T ") for line in answer.decode("utf-8").removesuffix("\r\n").split("\r\n")]

    async def append(self, mailbox: str, data: bytes, flags: str = "") -> list[str]:
        """APPEND one message."""
        head = f"T APPEND {mailbox} {flags}{' ' if flags else ''}{{{len(data)}+}}\r\n".encode()
        return (await self.say(head + data + b"\r\n")).decode().replace("T ", "", 1).splitlines()

    async def hear(self) -> list[str]:
        """What IDLE says when the bell rings now."""
        start = len(self.wire.sent)
        await push(self.session)
        return self.wire.sent[start:].decode().splitlines()


async def sign_in(world: World, select: str = "INBOX") -> Talk:
    """A client that is signed in (without the password's cost) and has selected a mailbox, none for an empty name."""
    talk = Talk(world)
    talk.session.account = world.anne
    talk.session.framer.limits = build_limits(talk.session.terms.max_literal_bytes)
    if select:
        assert (await talk.do(f"SELECT {select}"))[-1].startswith("OK")
    return talk


# -- with a socket


@cache
def build_credential() -> Credential:
    """A certificate for localhost that is good today."""
    return build_today_pki().make_operator("localhost")


@cache
def build_today_pki() -> Pki:
    """A PKI of today: real TLS looks at the real clock."""
    return Pki(read_clock().replace(microsecond=0) - timedelta(days=1))


def build_tls_contexts(directory: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and a client's that trusts it."""
    certificate, key = build_credential().write(directory, "imap")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(write_ca(directory))
    return server, client


def write_ca(directory: Path) -> Path:
    """The root certificate as a PEM file, for clients."""
    return build_today_pki().write_anchors(directory / "ca") / "root.crt"


@dataclass
class Running:
    """A listener over a world."""

    listener: ImapListener
    client_tls: ssl.SSLContext
    port: int
    port_tls: int
    ca_file: Path


@asynccontextmanager
async def run_listener(
    world: World, directory: Path, *, make_tls: Callable[[], ssl.SSLContext] | None = None, **settings: int | tzinfo
) -> AsyncIterator[Running]:
    """IMAP on two loopback ports."""
    server_tls, client_tls = build_tls_contexts(directory)
    here = Endpoint("127.0.0.1", 0)
    imap = replace(Imap(listen=here, listen_tls=here), **settings)  # type: ignore[arg-type]
    login = Login(max_failures=3, failure_delay_seconds=0)
    listener = ImapListener(imap, login, world.mailboxes, make_tls or (lambda: server_tls))
    await listener.start()
    assert listener.endpoint is not None
    assert listener.endpoint_tls is not None
    try:
        yield Running(listener, client_tls, listener.endpoint.port, listener.endpoint_tls.port, write_ca(directory))
    finally:
        await listener.stop()


class Line:
    """A client on a socket that speaks lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def read_line(self) -> str:
        """The next line, without its end."""
        line = await asyncio.wait_for(self.reader.readline(), 60)
        return line.decode().removesuffix("\r\n")

    async def read_until(self, tag: str) -> list[str]:
        """Lines up to the one with this tag."""
        lines = [await self.read_line()]
        while not lines[-1].startswith(tag + " "):
            assert lines[-1], "the server hung up"
            lines.append(await self.read_line())
        return lines

    async def do(self, tag: str, command: str) -> list[str]:
        """A command and its answer."""
        self.writer.write(f"{tag} {command}\r\n".encode())
        return await self.read_until(tag)

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


@asynccontextmanager
async def connect(running: Running, *, signed_in: bool = True) -> AsyncIterator[Line]:
    """A connection over implicit TLS."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", running.port_tls, ssl=running.client_tls, server_hostname="localhost"
    )
    line = Line(reader, writer)
    try:
        assert (await line.read_line()).startswith("* OK [CAPABILITY IMAP4rev1 ")
        if signed_in:
            assert (await line.do("L", f'LOGIN {USER} "{PASSWORD}"'))[-1].startswith("L OK")
        yield line
    finally:
        writer.transport.abort()
