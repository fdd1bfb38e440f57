"""Octets over a real socket: back-pressure both ways, the end, TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mssmail.imap.channel import Channel, Interrupted
from tests.imap.support import build_tls_contexts

Talk = Callable[[Channel], Awaitable[None]]


@asynccontextmanager
async def _serve(talk: Talk, *, write_timeout_seconds: float = 20) -> AsyncIterator[int]:
    """A server whose connections are handled by ``talk``; what it raises is raised at the end."""
    tasks: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()

    async def run(channel: Channel) -> None:
        try:
            await talk(channel)
        finally:
            channel.close()

    server = await loop.create_server(
        lambda: Channel(lambda channel: tasks.append(loop.create_task(run(channel))), write_timeout_seconds),
        "127.0.0.1",
        0,
    )
    try:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_gives_what_came_and_then_the_end() -> None:
    got: list[bytes] = []

    async def talk(channel: Channel) -> None:
        assert channel.address[0] == "127.0.0.1"
        while data := await channel.read(20):
            got.append(data)
        await channel.send(b"bye")  # the client has only closed its own half

    async with _serve(talk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        writer.write_eof()
        assert await reader.read() == b"bye"
        writer.close()
    assert b"".join(got) == b"hello"


async def test_a_silent_peer_is_a_time_out() -> None:
    async def talk(channel: Channel) -> None:
        with pytest.raises(TimeoutError):
            await channel.read(0.05)

    async with _serve(talk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()


async def test_does_not_read_what_nobody_asks_for() -> None:
    asked = asyncio.Event()
    total = 8_000_000

    async def talk(channel: Channel) -> None:
        await asked.wait()
        assert channel.received < total / 2, "the rest waits in the peer's own buffers"
        while await channel.read(20):
            pass
        assert channel.received == total

    async with _serve(talk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes(total))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), 0.5)
        asked.set()
        await writer.drain()
        writer.write_eof()
        await reader.read()
        writer.close()


async def test_waits_for_a_slow_reader_and_hangs_up_on_one_that_has_stopped() -> None:
    held = asyncio.Event()

    async def talk(channel: Channel) -> None:
        async def send_all() -> None:
            while channel.sent < 1_000_000_000:
                await channel.send(bytes(65_536))

        with pytest.raises(ConnectionResetError):
            await send_all()
        assert channel.sent < 50_000_000
        held.set()

    async with _serve(talk, write_timeout_seconds=0.2) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
        await asyncio.wait_for(held.wait(), 20)
        writer.close()


async def test_sending_to_one_who_has_gone_is_a_connection_error() -> None:
    async def talk(channel: Channel) -> None:
        assert await channel.read(20) == b""
        channel.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(ConnectionError):
            await channel.send(b"x")

    async with _serve(talk) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


async def test_an_interruption_wakes_whoever_waits() -> None:
    async def talk(channel: Channel) -> None:
        asyncio.get_running_loop().call_soon(channel.interrupt)
        with pytest.raises(Interrupted):
            await channel.read(20)

    async with _serve(talk) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


async def test_tls_forgets_what_came_in_the_clear(tmp_path: Path) -> None:
    server_tls, client_tls = build_tls_contexts(tmp_path)

    async def talk(channel: Channel) -> None:
        await channel.wait_readable()  # "go" and what was smuggled in with it, never taken
        await channel.send(b"ready\r\n")
        facts = await channel.begin_tls(server_tls)
        assert facts.version.startswith("TLSv1.")
        assert await channel.read(20) == b"secret"
        await channel.send(b"heard")

    async with _serve(talk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"go\r\nsmuggled\r\n")
        assert await reader.readline() == b"ready\r\n"
        await writer.start_tls(client_tls, server_hostname="localhost")
        writer.write(b"secret")
        assert await reader.readexactly(5) == b"heard"
        writer.close()


async def test_where_the_peer_was_is_known_after_tls_has_been_closed_twice(tmp_path: Path) -> None:
    server_tls, client_tls = build_tls_contexts(tmp_path)

    async def talk(channel: Channel) -> None:
        before = channel.address
        await channel.begin_tls(server_tls)
        channel.close()
        channel.close()  # the second time, asyncio lets go of everything its transport knew
        assert channel.address == before
        assert before[0] == "127.0.0.1"

    async with _serve(talk) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_tls, server_hostname="localhost")
        writer.close()


async def test_a_peer_that_speaks_no_tls_is_an_error_of_the_connection(tmp_path: Path) -> None:
    server_tls, _ = build_tls_contexts(tmp_path)

    async def talk(channel: Channel) -> None:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await channel.begin_tls(server_tls)

    async with _serve(talk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"A1 LOGIN a b\r\n" * 10)
        await reader.read()
        writer.close()


async def test_no_more_is_said_to_one_who_has_gone_while_we_waited() -> None:
    async def talk(channel: Channel) -> None:
        async def send_all() -> None:
            while channel.sent < 1_000_000_000:
                await channel.send(bytes(65_536))

        with pytest.raises(ConnectionError):
            await send_all()

    async with _serve(talk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
        await reader.readexactly(1)
        writer.transport.abort()


async def test_a_channel_without_a_connection_can_be_let_go_of() -> None:
    channel = Channel(lambda _: None, 1)
    channel.close()
    channel.abort()
    with pytest.raises(RuntimeError):
        _ = channel.transport


async def test_a_pause_lets_time_pass() -> None:
    channel = Channel(lambda _: None, 1)
    started = asyncio.get_running_loop().time()
    await channel.pause(0.01)
    assert asyncio.get_running_loop().time() - started >= 0.009


async def test_a_long_answer_goes_out_in_pieces_and_nothing_comes_between() -> None:
    async def talk(channel: Channel) -> None:
        long, short = asyncio.create_task(channel.send(b"x" * 3_000_000)), asyncio.create_task(channel.send(b"y"))
        while channel.sent < 65_536:  # noqa: ASYNC110 - it waits for a client that does not read yet
            await asyncio.sleep(0.01)
        assert channel.transport.get_write_buffer_size() < 400_000
        await asyncio.gather(long, short)

    async with _serve(talk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b"x" * 3_000_000 + b"y"
        writer.close()
