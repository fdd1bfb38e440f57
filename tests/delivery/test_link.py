"""The link on a real connection without TLS; sessions as a whole are in ``test_transport``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mssmail.core.address import parse_address
from mssmail.delivery.dialogue import Dialogue, State
from mssmail.delivery.events import Broken, TlsWanted, Transaction
from mssmail.delivery.link import Link
from mssmail.errors import PeerFault

HELLO = b"220 hi\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n"


@asynccontextmanager
async def _connect() -> AsyncIterator[tuple[Link, asyncio.StreamReader, asyncio.StreamWriter]]:
    met: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *pair: met.set_result(pair), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(lambda: Link(Dialogue("mx.ours.test")), "127.0.0.1", port)
    reader, writer = await met
    try:
        yield link, reader, writer
    finally:
        link.abort()
        writer.transport.abort()
        server.close()
        await server.wait_closed()


async def test_says_what_the_dialogue_says_and_hears_what_the_peer_says() -> None:
    async with _connect() as (link, reader, writer):
        writer.write(HELLO)
        assert await link.next_event(10) == TlsWanted()
        assert await reader.readline() == b"EHLO mx.ours.test\r\n"
        assert await reader.readline() == b"STARTTLS\r\n"


async def test_a_reply_in_time_renews_the_patience() -> None:
    async with _connect() as (link, _reader, writer):
        waiting = asyncio.create_task(link.next_event(0.5))
        for line in (b"220-slow\r\n220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n"):
            await asyncio.sleep(0.3)  # together longer than the patience, each within it
            writer.write(line)
        assert await waiting == TlsWanted()


async def test_a_reply_that_drips_in_does_not() -> None:
    async with _connect() as (link, _reader, writer):

        async def drip() -> None:
            for octet in b"220 " + b"x" * 400:
                writer.write(bytes([octet]))
                await asyncio.sleep(0.01)

        task = asyncio.create_task(drip())
        with pytest.raises(PeerFault, match="silent"):
            await link.next_event(0.3)
        task.cancel()


async def test_a_peer_that_reads_nothing_of_the_data_is_left_in_time() -> None:
    async with _connect() as (link, _reader, writer):
        writer.write(HELLO)
        await link.next_event(10)
        link.dialogue.tls_established()
        link._transport.resume_reading()  # type: ignore[union-attr]
        writer.write(b"250 mx\r\n")
        await link.next_event(10)
        link.dialogue.send(
            Transaction(None, (parse_address("a@peer.test"),), b"x" * 70 + b"\r\n" + b"y\r\n" * 9_000_000)
        )
        writer.write(b"250 ok\r\n250 ok\r\n354 go\r\n")
        with pytest.raises(PeerFault, match="end of data"):
            await link.next_event(0.3)
        assert isinstance(link.dialogue.abandon("too slow"), Broken)


async def test_the_end_of_the_connection_is_an_event() -> None:
    async with _connect() as (link, _reader, writer):
        writer.close()
        assert await link.next_event(10) == Broken("the peer closed the connection")
        assert link.dialogue.state is State.CLOSED
        with pytest.raises(PeerFault):
            await link.start_tls(None, "mx", 1)  # type: ignore[arg-type]
