"""A connection as two flows of octets with back-pressure both ways, and TLS begun at any moment.

A peer that sends faster than we work is not read; one that reads more slowly than we write makes ``send`` wait.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar, cast

from mssmail.core.envelope import TlsFacts

T = TypeVar("T")

HANDSHAKE_SECONDS = 30
SHUTDOWN_SECONDS = 5
_MOST_UNREAD = 131_072  # octets we hold that nobody has asked for
_PIECE = 65_536  # octets written at a time: what is written is copied, and encrypted
_MOST_UNSENT = 131_072  # octets the peer has not taken, before ``send`` waits


class Interrupted(Exception):
    """``interrupt`` was called while we waited for the peer."""


class Channel(asyncio.Protocol):
    """One connection. ``begin`` is called with it as soon as it is there."""

    def __init__(self, begin: Callable[["Channel"], None], write_timeout_seconds: float) -> None:
        self._begin = begin
        self._write_timeout_seconds = write_timeout_seconds
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._arrived = asyncio.Event()  # octets, the end, or an interruption
        self._writable = asyncio.Event()
        self._writable.set()
        self._turn = asyncio.Lock()  # of what is sent in pieces
        self._has_ended = False  # the peer will send nothing more
        self._is_lost = False
        self._is_interrupted = False
        self._has_tls = False
        self.address = ("", 0)  # the peer's, and its port, kept: a TLS transport that was closed tells nothing
        self.received = self.sent = 0  # octets so far

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The peer is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_MOST_UNSENT)
        if name := transport.get_extra_info("peername"):
            self.address = str(name[0]), int(name[1])
        self._begin(self)

    def data_received(self, data: bytes) -> None:
        """Octets came."""
        self._unread += data
        self.received += len(data)
        self._arrived.set()
        if len(self._unread) > _MOST_UNREAD:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """The peer sends nothing more; we may still write, where the transport can."""
        self._has_ended = True
        self._arrived.set()
        return not self._has_tls  # TLS knows no half-closed connections

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._has_ended = self._is_lost = True
        self._arrived.set()
        self._writable.set()

    def pause_writing(self) -> None:
        """The peer does not keep up."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    # -- what a conversation calls

    @property
    def transport(self) -> asyncio.Transport:
        """The transport of the moment: TLS puts another in place."""
        if self._transport is None:
            raise RuntimeError("not connected")
        return self._transport

    async def wait_readable(self) -> None:
        """Return when there are octets to take, or the end; raises Interrupted."""
        await self._arrived.wait()
        if self._is_interrupted:
            raise Interrupted

    def take(self) -> bytes:
        """What has arrived; empty at the end."""
        data = bytes(self._unread)
        self._unread.clear()
        if not (self._has_ended or self._is_interrupted):
            self._arrived.clear()
            self.transport.resume_reading()
        return data

    async def read(self, timeout_seconds: float) -> bytes:
        """The next octets, empty at the end; raises TimeoutError and Interrupted."""
        async with asyncio.timeout(timeout_seconds):
            await self.wait_readable()
        return self.take()

    async def send(self, data: bytes) -> None:
        """Write; waits while the peer does not keep up, and hangs up on one that has stopped reading."""
        if len(data) <= _PIECE and not self._turn.locked():
            await self._send(data)
            return
        async with self._turn:  # nobody else's octets come between
            for start in range(0, len(data), _PIECE):
                await self._send(data[start : start + _PIECE])

    async def _send(self, data: bytes) -> None:
        if self._is_lost:
            raise ConnectionResetError("the client has gone")
        self.transport.write(data)
        self.sent += len(data)
        if self._writable.is_set():
            return
        try:
            async with asyncio.timeout(self._write_timeout_seconds):
                await self._writable.wait()
        except TimeoutError as fault:
            self.abort()
            raise ConnectionResetError("the client has stopped reading") from fault
        if self._is_lost:
            raise ConnectionResetError("the client has gone")

    def is_gone(self) -> bool:
        """The connection is lost."""
        return self._is_lost

    async def pause(self, seconds: float) -> None:
        """Let time pass, less when the peer hangs up."""
        await asyncio.sleep(seconds)

    async def aside(self, work: Callable[[], T]) -> T:
        """Do it in a thread of its own; the loop has its turn every half a millisecond."""
        return await asyncio.to_thread(work)

    async def begin_tls(self, context: ssl.SSLContext) -> TlsFacts:
        """Put TLS in place. What came in the clear and was not taken is forgotten (RFC 9051 §11.1)."""
        self._unread.clear()
        self._arrived.clear()
        self._has_tls = True
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(
            self.transport,
            self,
            context,
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        if transport is None or self._is_lost:
            raise ConnectionResetError("the client went during the handshake")
        self._transport = transport
        transport.set_write_buffer_limits(high=_MOST_UNSENT)
        secured = transport.get_extra_info("ssl_object")
        return TlsFacts(secured.version() or "", (secured.cipher() or ("",))[0])

    def interrupt(self) -> None:
        """Wake whoever waits for the peer."""
        self._is_interrupted = True
        self._arrived.set()

    def close(self) -> None:
        """Send what is written, then hang up."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()
