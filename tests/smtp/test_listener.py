"""Opening doors and closing them."""

import asyncio
from pathlib import Path

import pytest

from mssmail.errors import ConfigError
from mssmail.settings import Endpoint
from mssmail.smtp.limits import ConnectionLimits
from mssmail.smtp.listener import Door, Listener
from tests.support.smtp_room import build_client_context, build_contexts, open_room


async def test_a_taken_port_is_a_clear_error_and_opens_nothing(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        doors = (Door(Endpoint("127.0.0.1", 0)), Door(Endpoint("127.0.0.1", room.port)))
        second = Listener(room.edge, build_contexts(tmp_path), doors)
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{room.port}.*in use"):
            await second.start()
        assert second.addresses == ()


async def test_implicit_tls_offers_no_starttls_and_counts_from_before_the_handshake(tmp_path: Path) -> None:
    async with open_room(tmp_path, offers_login=True, connections=ConnectionLimits(1, 1)) as room:
        tls = build_client_context()
        reader, writer = await asyncio.open_connection("127.0.0.1", room.tls_port, ssl=tls, server_hostname="localhost")
        assert (await reader.readline()).startswith(b"220 ")
        assert room.edge.connections.total == 1
        writer.write(b"EHLO laptop\r\n")
        lines = [await reader.readline() for _ in range(7)]
        assert b"250-AUTH PLAIN LOGIN\r\n" in lines
        assert b"250-STARTTLS\r\n" not in lines
        writer.write(b"STARTTLS\r\nAUTH PLAIN AGFsaWNlAHJpZ2h0\r\n")
        assert (await reader.readline()).startswith(b"503 5.5.1 ")
        assert (await reader.readline()).startswith(b"235 2.7.0 ")
        refused, unwanted = await asyncio.open_connection("127.0.0.1", room.tls_port)
        assert await refused.read() == b""
        unwanted.close()
        writer.close()


async def test_may_be_stopped_before_it_was_started_and_twice(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        listener = Listener(room.edge, build_contexts(tmp_path), (Door(Endpoint("127.0.0.1", 0)),))
        await listener.stop()
        await listener.start()
        port = listener.addresses[0].port
        await listener.stop()
        await listener.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
