"""The servers mail is handed to in the audit and while sending is rehearsed: each its certificate, and some a mood.

``with serve_strangers(stage) as peers``: the servers run in a thread of their own. ``peers["busy"].taken`` is what that
one was handed, ``peers["busy"].commands`` what it was told. Each ``with`` begins their stories anew.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from mssmail.lab.audit import SITUATIONS, find_port
from mssmail.lab.check.name_server import NameServer
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import HOST
from mssmail.lab.strangers import NO_MAIL, STRANGERS, Stranger, find_name_server, find_stranger_port

_START_SECONDS = 20
_BUSY_ANSWERS = 2

Answer = bytes | None
"""None: the connection is cut."""


class Peer(Protocol):
    """Who a server is: a situation of the audit, or a stranger that mail is sent to."""

    @property
    def label(self) -> str: ...  # noqa: D102

    @property
    def domain(self) -> str: ...  # noqa: D102

    @property
    def scenario(self) -> str: ...  # noqa: D102

    @property
    def offers_tls(self) -> bool: ...  # noqa: D102


@dataclass
class PeerServer:
    """One server and its story so far."""

    peer: Peer
    context: ssl.SSLContext
    commands: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    dropped: int = 0  # messages it took and said nothing about
    sessions: dict[asyncio.WriteTransport, asyncio.Task[None] | None] = field(default_factory=dict)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session, until one side has had enough."""
        wire = writer.transport
        self.sessions[wire] = asyncio.current_task()
        try:
            await self._talk(reader, writer)
        except (OSError, EOFError):
            return  # the operator hung up, which is an answer too: nothing was taken
        finally:
            wire.abort()
            del self.sessions[wire]

    async def hang_up(self) -> None:
        """End every session now: an operator may keep one for a moment, in case there is more."""
        for wire in self.sessions:
            wire.abort()
        await asyncio.gather(*(task for task in self.sessions.values() if task is not None))

    def has(self, message_id: str) -> bool:
        """It has taken the message with this Message-ID."""
        return any(message_id.encode() in each for each in self.taken)

    def count(self, verb: str) -> int:
        """How often it was told this."""
        return sum(command.upper().startswith(verb) for command in self.commands)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As much SMTP as an operator's client needs (RFC 5321 §4.5.1)."""
        name = self.peer.domain.encode()
        offer = [name, *([b"STARTTLS"] if self.peer.offers_tls else [])]
        writer.write(b"220 %s ESMTP\r\n" % name)
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            match command.upper().split(" ")[0]:
                case "EHLO":
                    writer.write(b"".join(b"250-%s\r\n" % word for word in offer[:-1]) + b"250 %s\r\n" % offer[-1])
                case "STARTTLS" if self.peer.offers_tls:
                    writer.write(b"220 2.0.0 go on\r\n")
                    try:
                        await writer.start_tls(self.context)
                    except AttributeError as error:  # asyncio of Python 3.11 has no transport then
                        raise EOFError("the operator hung up in the handshake") from error
                    offer = [name, b"PIPELINING", b"8BITMIME", b"ENHANCEDSTATUSCODES", b"DSN", b"SIZE 50000000"]
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    answer = await self._take(reader)
                    if answer is None:
                        return
                    writer.write(answer)
                case "QUIT":
                    writer.write(b"221 2.0.0 bye\r\n")
                    await writer.drain()
                    return
                case "MAIL" if self.peer.label == "stalls":
                    await reader.read()
                case verb:
                    answer = await _MOODS.get((self.peer.label, verb), _agree)(self, command)
                    writer.write(answer)
            await writer.drain()

    async def _take(self, reader: asyncio.StreamReader) -> Answer:
        if self.peer.label == "dies" and not self.dropped:
            await reader.readline()
            self.dropped += 1
            return None
        data = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        self.taken.append(data)
        if self.peer.label == "forgets" and not self.dropped:
            self.dropped += 1
            return None
        return b"250 2.0.0 taken\r\n"


async def _agree(_server: PeerServer, _command: str) -> bytes:
    return b"250 2.1.0 ok\r\n"


async def _be_busy(server: PeerServer, _command: str) -> bytes:
    busy = server.count("MAIL") <= _BUSY_ANSWERS
    return b"451 4.3.2 busy, come again\r\n" if busy else b"250 2.1.0 ok\r\n"


async def _judge_recipient(server: PeerServer, command: str) -> bytes:
    """Recipients called ``nobody`` never, ``later`` the second time, all others at once."""
    if "nobody" in command:
        return b"550 5.1.1 nobody of that name\r\n"
    if "later" in command and sum("later" in each for each in server.commands) == 1:
        return b"450 4.2.1 not at this hour\r\n"
    return b"250 2.1.5 ok\r\n"


_MOODS = {
    ("busy", "MAIL"): _be_busy,
    ("picky", "RCPT"): _judge_recipient,
}


class PeerServers(Mapping[str, PeerServer]):
    """The servers by label, while the block lasts; ``ports`` says who they are and where each listens.

    With ``has_names`` a name server listens too, which says of one domain that it takes no mail.
    """

    def __init__(self, stage: Stage, ports: Iterable[tuple[Peer, int]], *, has_names: bool = False) -> None:
        self._stage, self._has_names = stage, has_names
        self._ready, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._fault: BaseException | None = None
        self._ports = [(PeerServer(each, self._build_context(each)), port) for each, port in ports]
        self._servers = {server.peer.label: server for server, _ in self._ports}

    def __getitem__(self, label: str) -> PeerServer:
        """The server of this peer; KeyError when it does not listen."""
        return self._servers[label]

    def __iter__(self) -> Iterator[str]:
        """Labels."""
        return iter(self._servers)

    def __len__(self) -> int:
        """How many listen."""
        return len(self._servers)

    def __enter__(self) -> "PeerServers":
        """Listen; OSError when a port is taken."""
        self._thread.start()
        self._ready.wait(_START_SECONDS)
        if self._fault is not None:
            raise self._fault
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening; who is being spoken to is cut off."""
        self._done.set()
        self._thread.join(_START_SECONDS)

    async def _serve(self) -> None:
        listening, asked = [], None
        try:
            if self._has_names:
                place = find_name_server(self._stage.lab)
                asked, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: NameServer(NO_MAIL), (place.host, place.port)
                )
            for server, port in self._ports:
                listening.append(await asyncio.start_server(server.talk, HOST, port))
        except OSError as error:
            self._fault = error
        self._ready.set()
        if self._fault is None:
            await asyncio.to_thread(self._done.wait)
        for each in listening:
            each.close()
        if asked is not None:
            asked.close()
        for server in self._servers.values():
            await server.hang_up()

    def _build_context(self, peer: Peer) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = self._stage.scenario(peer.scenario, "cert"), self._stage.scenario(peer.scenario, "key")
        context.load_cert_chain(*files)
        return context


def serve_situations(stage: Stage) -> PeerServers:
    """The peers of the audit."""
    return PeerServers(stage, [(each, find_port(stage.lab, each)) for each in SITUATIONS])


def serve_strangers(
    stage: Stage, only: Callable[[Stranger], bool] = lambda each: each.label != "asleep"
) -> PeerServers:
    """Those that mail is handed to while sending is rehearsed; ``only`` some of them listen."""
    ports = [(each, find_stranger_port(stage.lab, each)) for each in STRANGERS if only(each)]
    return PeerServers(stage, ports, has_names=True)
