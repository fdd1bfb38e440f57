import asyncio
import ssl

import pytest

from mssmail.flows.http_client import open_client
from tests.support.publisher import publish


async def test_a_connection_that_is_cancelled_in_its_tls_handshake_is_closed() -> None:
    """Left to the garbage collector it would stay open for as long as that pleases."""
    heard, ended = asyncio.Event(), asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        heard.set()
        await reader.read()
        ended.set()
        writer.close()

    async def ask(url: str) -> None:
        async with open_client(ssl.create_default_context(), 60) as client:
            await client.get(url)

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    async with server:
        asking = asyncio.ensure_future(ask(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
        await heard.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(30):
            await ended.wait()


async def test_an_answer_is_read_as_by_any_client() -> None:
    with publish() as publisher:
        url = publisher.put("/list", b"octets")
        async with open_client(ssl.create_default_context(), 60) as client:
            assert [(await client.get(url)).content for _ in range(2)] == [b"octets", b"octets"]
