"""The stranger's servers for the audit: one a situation, each with its certificate, taking whatever it is handed."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType

from mssmail.lab.audit import SITUATIONS, Situation, find_port
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import HOST

_START_SECONDS = 20


class AuditPeers:
    """``with AuditPeers(stage) as peers``: the servers run in a thread of their own; ``taken`` is what they got."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._ready, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._fault: BaseException | None = None
        self._sessions: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self.taken: dict[str, list[bytes]] = {each.label: [] for each in SITUATIONS}

    def __enter__(self) -> "AuditPeers":
        """Listen; OSError when a port is taken."""
        self._thread.start()
        self._ready.wait(_START_SECONDS)
        if self._fault is not None:
            raise self._fault
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._done.set()
        self._thread.join(_START_SECONDS)

    async def _serve(self) -> None:
        servers = []
        try:
            for each in SITUATIONS:
                port = find_port(self._stage.lab, each)
                servers.append(await asyncio.start_server(self._build_session(each), HOST, port))
        except OSError as error:
            self._fault = error
        self._ready.set()
        if self._fault is None:
            await asyncio.to_thread(self._done.wait)
        for server in servers:
            server.close()
        for writer in self._sessions:  # an operator may keep its session for a moment, in case there is more
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._sessions.values() if task is not None))

    def _build_session(
        self, situation: Situation
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._sessions[writer] = asyncio.current_task()
            wire = writer.transport
            try:
                await self._talk(situation, reader, writer)
            except (OSError, EOFError):
                return  # the operator hung up, which is an answer too: nothing was taken
            finally:
                (writer.transport or wire).close()
                del self._sessions[writer]

        return talk

    async def _talk(self, situation: Situation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As little SMTP as an operator's client needs (RFC 5321 §4.5.1)."""
        writer.write(b"220 audit ESMTP\r\n")
        offer = b"250-audit\r\n250 STARTTLS\r\n" if situation.offers_tls else b"250 audit\r\n"
        while line := await reader.readline():
            match line.strip().upper().split(b" ")[0]:
                case b"EHLO":
                    writer.write(offer)
                case b"STARTTLS" if situation.offers_tls:
                    writer.write(b"220 go on\r\n")
                    try:
                        await writer.start_tls(self._build_context(situation))
                    except AttributeError as error:  # asyncio of Python 3.11 has no transport then
                        raise EOFError("the operator hung up in the handshake") from error
                    offer = b"250-audit\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    data = await reader.readuntil(b"\r\n.\r\n")
                    self.taken[situation.label].append(data)
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    writer.write(b"250 ok\r\n")

    def _build_context(self, situation: Situation) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = self._stage.scenario(situation.scenario, "cert"), self._stage.scenario(situation.scenario, "key")
        context.load_cert_chain(*files)
        return context
