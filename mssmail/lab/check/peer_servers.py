"""How the stranger's servers behave while sending is rehearsed: a table of moods.

``with SendingPeers(stage) as peers``: the servers run in a thread of their own. ``peers["busy"].taken`` is what that
one was handed, ``peers["busy"].commands`` what it was told. Each ``with`` begins their stories anew.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from mssmail.lab.check.name_server import NameServer
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import HOST
from mssmail.lab.strangers import NO_MAIL, STRANGERS, Stranger, find_name_server, find_stranger_port

_START_SECONDS = 20
_BUSY_ANSWERS = 2

Answer = bytes | None
"""None: the connection is cut."""


@dataclass
class StrangersServer:
    """One server and its story so far."""

    stranger: Stranger
    context: ssl.SSLContext
    commands: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    dropped: int = 0  # messages it took and said nothing about
    sessions: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = field(default_factory=dict)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session, until one side has had enough."""
        self.sessions[writer] = asyncio.current_task()
        try:
            await self._talk(reader, writer)
        except (OSError, EOFError):
            return  # the operator hung up
        finally:
            writer.transport.abort()
            del self.sessions[writer]

    async def hang_up(self) -> None:
        """End every session now."""
        for writer in self.sessions:
            writer.transport.abort()
        await asyncio.gather(*(task for task in self.sessions.values() if task is not None))

    def has(self, message_id: str) -> bool:
        """It has taken the message with this Message-ID."""
        return any(message_id.encode() in each for each in self.taken)

    def count(self, verb: str) -> int:
        """How often it was told this."""
        return sum(command.upper().startswith(verb) for command in self.commands)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As much SMTP as an operator's client needs (RFC 5321 §4.5.1)."""
        name = self.stranger.domain.encode()
        offer = [name, *([b"STARTTLS"] if self.stranger.offers_tls else [])]
        writer.write(b"220 %s ESMTP\r\n" % name)
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            match command.upper().split(" ")[0]:
                case "EHLO":
                    writer.write(b"".join(b"250-%s\r\n" % word for word in offer[:-1]) + b"250 %s\r\n" % offer[-1])
                case "STARTTLS" if self.stranger.offers_tls:
                    writer.write(b"220 2.0.0 go on\r\n")
                    await writer.start_tls(self.context)
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
                case "MAIL" if self.stranger.label == "stalls":
                    await reader.read()
                case verb:
                    answer = await _MOODS.get((self.stranger.label, verb), _agree)(self, command)
                    writer.write(answer)
            await writer.drain()

    async def _take(self, reader: asyncio.StreamReader) -> Answer:
        if self.stranger.label == "dies" and not self.dropped:
            await reader.readline()
            self.dropped += 1
            return None
        data = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        self.taken.append(data)
        if self.stranger.label == "forgets" and not self.dropped:
            self.dropped += 1
            return None
        return b"250 2.0.0 taken\r\n"


async def _agree(_server: StrangersServer, _command: str) -> bytes:
    return b"250 2.1.0 ok\r\n"


async def _be_busy(server: StrangersServer, _command: str) -> bytes:
    busy = server.count("MAIL") <= _BUSY_ANSWERS
    return b"451 4.3.2 busy, come again\r\n" if busy else b"250 2.1.0 ok\r\n"


async def _judge_recipient(server: StrangersServer, command: str) -> bytes:
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


class SendingPeers(Mapping[str, StrangersServer]):
    """The servers by label, while the block lasts; ``only`` some of them listen."""

    def __init__(self, stage: Stage, only: Callable[[Stranger], bool] = lambda each: each.label != "asleep") -> None:
        self._stage = stage
        self._ready, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._fault: BaseException | None = None
        self._servers = {
            each.label: StrangersServer(each, self._build_context(each)) for each in STRANGERS if only(each)
        }

    def __getitem__(self, label: str) -> StrangersServer:
        """The server of this stranger; KeyError when it does not listen."""
        return self._servers[label]

    def __iter__(self) -> Iterator[str]:
        """Labels."""
        return iter(self._servers)

    def __len__(self) -> int:
        """How many listen."""
        return len(self._servers)

    def __enter__(self) -> "SendingPeers":
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
            place = find_name_server(self._stage.lab)
            asked, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: NameServer(NO_MAIL), (place.host, place.port)
            )
            for each in self._servers.values():
                port = find_stranger_port(self._stage.lab, each.stranger)
                listening.append(await asyncio.start_server(each.talk, HOST, port))
        except OSError as error:
            self._fault = error
        self._ready.set()
        if self._fault is None:
            await asyncio.to_thread(self._done.wait)
        for server in listening:
            server.close()
        if asked is not None:
            asked.close()
        for each in self._servers.values():
            await each.hang_up()

    def _build_context(self, stranger: Stranger) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = self._stage.scenario(stranger.scenario, "cert"), self._stage.scenario(stranger.scenario, "key")
        context.load_cert_chain(*files)
        return context
