"""A peer's server on loopback that does what its script says: real sockets, real TLS, nothing of our own code."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mssmail.lab.pki import Credential

Answer = bytes | None  # None: the connection is cut instead


@dataclass
class Script:
    """What the peer says. ``answers`` maps a command's first word to the answers to give, first to last, then 250."""

    starttls: bool = True
    keywords: tuple[bytes, ...] = (b"PIPELINING", b"8BITMIME", b"SIZE 10000000")
    answers: dict[bytes, list[Answer]] = field(default_factory=dict)
    greeting: bytes = b"220 mx.peer.test ESMTP\r\n"
    behind_starttls: bytes = b""
    dies_in_data: bool = False
    silent_after: bytes = b""


@dataclass
class _Turn:
    """A transaction: what was accepted so far."""

    begun: bool = False
    accepted: int = 0

    def note(self, word: bytes, answer: bytes) -> None:
        if word in {b"MAIL", b"RSET"}:
            self.begun, self.accepted = word == b"MAIL" and answer[:1] == b"2", 0
        self.accepted += word == b"RCPT" and self.begun and answer[:1] == b"2"


@dataclass
class ScriptedPeer:
    """What happened: the commands under TLS, the messages, the sessions."""

    script: Script
    context: ssl.SSLContext
    port: int = 0
    sessions: int = 0
    commands: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.script.greeting)
        secure, turn = False, _Turn()
        while line := await reader.readline():
            words = line.split()
            word = words[0].upper() if words else b""
            if secure:
                self.commands.append(line.rstrip(b"\r\n"))
            if word == self.script.silent_after:
                await asyncio.Event().wait()
            if word == b"DATA" and not turn.accepted:
                writer.write(b"503 5.5.1 nobody to deliver to\r\n")
                continue
            if word == b"BDAT":
                await self._take_chunk(reader, writer, int(words[1]), turn.accepted)
                continue
            answer = self._answer(word, secure=secure)
            if answer is None:
                return
            turn.note(word, answer)
            writer.write(answer)
            if word == b"STARTTLS" and answer.startswith(b"220"):
                await writer.start_tls(self.context)
                secure = True
            elif word == b"DATA" and answer.startswith(b"354"):
                await self._take_message(reader, writer)
            await writer.drain()
            if word == b"QUIT":
                return

    def _answer(self, word: bytes, *, secure: bool) -> Answer:
        scripted = self.script.answers.get(word)
        if scripted:
            return scripted.pop(0)
        usual = {
            b"EHLO": self._ehlo(secure=secure),
            b"STARTTLS": b"220 2.0.0 go\r\n" + self.script.behind_starttls,
            b"DATA": b"354 go\r\n",
            b"QUIT": b"221 2.0.0 bye\r\n",
            b".": b"250 2.0.0 kept as %d\r\n" % len(self.messages),
        }
        return usual.get(word, b"250 2.1.0 ok\r\n")

    async def _take_message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.script.dies_in_data:
            await reader.readline()
            raise ConnectionResetError
        self.messages.append(await self._read_message(reader))
        answer = self._answer(b".", secure=True)
        if answer is None:
            raise ConnectionResetError
        writer.write(answer)

    async def _take_chunk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int, accepted: int
    ) -> None:
        if self.script.dies_in_data:
            await reader.readexactly(1)
            raise ConnectionResetError
        data = await reader.readexactly(size)
        if accepted:
            self.messages.append(data)
        answer = self._answer(b".", secure=True) if accepted else b"503 5.5.1 nobody to deliver to\r\n"
        if answer is None:
            raise ConnectionResetError
        writer.write(answer)

    def _ehlo(self, *, secure: bool) -> bytes:
        words = self.script.keywords if secure else ((b"STARTTLS",) if self.script.starttls else ())
        lines = [b"mx.peer.test", *words]
        return b"".join(b"250-%s\r\n" % line for line in lines[:-1]) + b"250 %s\r\n" % lines[-1]

    async def _read_message(self, reader: asyncio.StreamReader) -> bytes:
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise asyncio.IncompleteReadError(b"", None)
            lines.append(line.removeprefix(b".") if line.startswith(b".") else line)
        return b"".join(lines)


def build_server_context(credential: Credential, anchors: Sequence[bytes], directory: Path) -> ssl.SSLContext:
    """Mutual TLS as a peer wants it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = credential.write(directory, "peer")
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    for anchor in anchors:
        context.load_verify_locations(cadata=anchor)
    return context


@asynccontextmanager
async def run_peer(script: Script, context: ssl.SSLContext) -> AsyncIterator[ScriptedPeer]:
    """The peer while it listens; its conversations end with it."""
    peer = ScriptedPeer(script, context)
    tasks: set[asyncio.Task[None]] = set()

    def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(peer.serve(reader, writer)))

    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
