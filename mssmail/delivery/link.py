"""Between the dialogue and a socket: writes what it says, feeds what comes, and never waits without end."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

from mssmail.delivery.dialogue import Dialogue, State
from mssmail.delivery.events import Event, TlsWanted
from mssmail.errors import PeerFault
from mssmail.trust.offered import find_latest_offer

_GOODBYE_SECONDS = 5.0


class Link(asyncio.Protocol):
    """One connection. Its methods raise PeerFault when the peer is too slow."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.error: Exception | None = None
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._is_full = False
        self._transport: asyncio.Transport | None = None
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._note(self.dialogue.receive(data))
        if any(isinstance(event, TlsWanted) for event in self._events) and self._transport is not None:
            self._transport.pause_reading()  # what comes from now on is the handshake's

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.error = self.error or exc
        self._note(self.dialogue.receive_end())
        if not self._lost.done():
            self._lost.set_result(None)

    def pause_writing(self) -> None:
        """Called by asyncio."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Called by asyncio."""
        self._is_full = False
        self._wake.set()

    async def next_event(self, seconds: float) -> Event:
        """Write what there is to be written, then the next event; each reply and each piece may take so long."""
        await self._write(seconds)  # also when an event is there: a peer may answer before it was asked
        while not self._events:
            seen = self.dialogue.replies_seen
            # RFC 5321 §4.5.3.2.6: the end of the data is where the other side does its work.
            patience = seconds * 2 if self.dialogue.state in {State.END, State.BDAT} else seconds
            await self._wait_while(lambda seen=seen: self._is_idle(seen), patience)  # type: ignore[misc]
            await self._write(seconds)
        return self._events.popleft()

    async def start_tls(self, context: ssl.SSLContext, name: str, seconds: float) -> ssl.SSLObject:
        """Shake hands; the finished handshake. Raises PeerFault."""
        if self._transport is None or self._transport.is_closing():
            raise PeerFault("the peer closed the connection before the handshake")
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(
                self._transport, self, context, server_hostname=name, ssl_handshake_timeout=seconds
            )
        except (OSError, ValueError) as error:  # TimeoutError and ssl.SSLError are OSErrors; ValueError: no host name
            cause = str(error or type(error).__name__)
            # asyncio keeps the failed handshake to itself; its traceback, still at hand here, keeps it alive.
            offered = find_latest_offer(context, name)
            raise PeerFault(f"TLS handshake failed: {cause}", handshake=cause, offered=offered) from error
        if transport is None:
            raise PeerFault("the peer closed the connection during the handshake")
        self._transport = transport
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        return tls

    async def close(self) -> None:
        """Say good-bye if the dialogue is where one can, and end the connection in any case."""
        try:
            # The mail is settled: how the peer says good-bye changes nothing.
            with suppress(PeerFault):
                if self.dialogue.state is State.READY:
                    self.dialogue.quit()
                    await self.next_event(_GOODBYE_SECONDS)
                    await self._end()
        finally:
            self.abort()

    def abort(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()

    async def _end(self) -> None:
        if self._transport is not None:
            self._transport.close()
        await asyncio.wait([self._lost], timeout=_GOODBYE_SECONDS)

    def _note(self, events: Sequence[Event]) -> None:
        self._events.extend(events)
        self._wake.set()

    def _is_idle(self, seen: int) -> bool:
        return not self._events and not self.dialogue.has_output and self.dialogue.replies_seen == seen

    async def _write(self, seconds: float) -> None:
        while self._transport is not None and (chunk := self.dialogue.take_output()) is not None:
            self._transport.write(chunk)
            await self._wait_while(lambda: self._is_full and not self._events, seconds)

    async def _wait_while(self, holds: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while holds():
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError as error:
            what = self.dialogue.state.value
            raise PeerFault(f"the peer was silent for {seconds:g} s: {what}") from error
