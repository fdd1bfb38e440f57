"""Opening doors and closing them."""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest

from mssmail.errors import ListenFault
from mssmail.journal import Event
from mssmail.settings import Endpoint, Relay, Settings, Submission
from mssmail.smtp.limits import ConnectionLimits
from mssmail.smtp.listener import Door, Listener, build_relay_listener, build_submission_listener
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.support.operator_room import TODAY, open_operator
from tests.support.operator_room import build_client_context as build_shown_context
from tests.support.pki import build_foreign_pki
from tests.support.smtp_room import build_client_context, build_contexts, open_room


async def test_a_taken_port_is_a_clear_error_and_opens_nothing(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        doors = (Door(Endpoint("127.0.0.1", 0)), Door(Endpoint("127.0.0.1", room.port)))
        second = Listener(room.edge, build_contexts(tmp_path), doors)
        with pytest.raises(ListenFault, match=rf"127\.0\.0\.1:{room.port}.*in use"):
            await second.start()
        assert second.addresses == ()


async def test_implicit_tls_offers_no_starttls_and_counts_from_before_the_handshake(tmp_path: Path) -> None:
    async with open_room(tmp_path, offers_login=True, connections=ConnectionLimits(1, 1)) as room:
        tls = build_client_context()
        reader, writer = await asyncio.open_connection("127.0.0.1", room.tls_port, ssl=tls, server_hostname="localhost")
        assert (await reader.readline()).startswith(b"220 ")
        assert room.edge.connections.total == 1
        writer.write(b"EHLO laptop\r\n")
        lines = (await reader.readuntil(b"250 HELP\r\n")).splitlines(keepends=True)
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


async def _shake_hands(port: int, context: ssl.SSLContext) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b"STARTTLS\r\n")
    await reader.readline()
    try:
        await writer.start_tls(context, server_hostname="localhost")
        await reader.readline()
    finally:
        writer.transport.abort()


async def test_a_refused_client_certificate_is_named_in_log_and_journal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = build_foreign_pki(TODAY.now).make_operator("peer.a.test")
    async with open_operator(tmp_path) as operator:
        listener = build_relay_listener(operator.settings, operator.intake, operator.receiver)
        assert listener is not None
        await listener.start()
        try:
            port = listener.addresses[0].port
            with pytest.raises(ssl.SSLError), caplog.at_level(logging.WARNING):
                await _shake_hands(port, build_shown_context(tmp_path, foreign))
            await listener.stop()
        finally:
            await listener.stop()
        await operator.intake.note()  # the entry was noted before this one
        [entry] = await operator.read_journal(Event.HANDSHAKE_FAILED)
        assert entry.facts["peer"] == "127.0.0.1"
        assert str(entry.facts["cause"]).startswith("client certificate refused: ")
        assert entry.facts["rule"] == "certificate-chain"
        assert entry.facts["subject"]
    assert "TLS handshake with 127.0.0.1:" in caplog.text
    assert "failed: client certificate refused: " in caplog.text


async def test_new_anchors_count_from_the_next_handshake(tmp_path: Path) -> None:
    foreign_pki = build_foreign_pki(TODAY.now)
    foreign = foreign_pki.make_operator("peer.a.test")
    async with open_operator(tmp_path) as operator:
        listener = build_relay_listener(operator.settings, operator.intake, operator.receiver)
        assert listener is not None
        await listener.start()
        try:
            port = listener.addresses[0].port
            with pytest.raises(ssl.SSLError):
                await _shake_hands(port, build_shown_context(tmp_path, foreign))
            snapshot = TrustSnapshot(2, (*TODAY.anchors, *foreign_pki.anchors))
            operator.trust.store = build_trust_store(snapshot)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            writer.write(b"STARTTLS\r\n")
            await reader.readline()
            await writer.start_tls(build_shown_context(tmp_path, foreign), server_hostname="localhost")
            writer.write(b"NOOP\r\n")
            assert (await reader.readline()).startswith(b"250 ")
            writer.transport.abort()
        finally:
            await listener.stop()


def test_nothing_configured_is_nothing_to_listen_on(tmp_path: Path) -> None:
    settings = Settings(relay=Relay(listen=None), submission=Submission(listen=None, listen_tls=None))
    intake: Any = None
    assert build_relay_listener(settings, intake, intake) is None
    assert build_submission_listener(settings, intake, intake, intake) is None


async def test_who_is_still_sending_when_the_grace_is_over_is_cut_off(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        contexts = build_contexts(tmp_path)
        doors = (Door(Endpoint("127.0.0.1", 0), is_implicit=True),)
        listener = Listener(room.edge, contexts, doors, grace_seconds=0.05)
        await listener.start()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", listener.addresses[0].port, ssl=build_client_context(), server_hostname="localhost"
        )
        writer.write(b"EHLO a.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n")
        while not (await reader.readline()).startswith(b"354 "):
            pass
        writer.write(b"never an end")
        await listener.stop()
        assert await reader.read() == b""
        assert room.handler.messages == []
        assert room.edge.inflight.used == 0
        writer.close()


async def test_a_message_under_way_outlives_its_connection_and_holds_up_the_stop(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.handler.gate.clear()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", room.tls_port, ssl=build_client_context(), server_hostname="localhost"
        )
        writer.write(b"EHLO a.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n")
        while not (await reader.readline()).startswith(b"354 "):
            pass
        writer.write(b"x\r\n.\r\n")
        await asyncio.wait_for(room.handler.asked.wait(), 10)
        [session] = [each.task for each in room.edge.open]
        assert session is not None
        session.cancel()
        await asyncio.wait((session,))
        stopping = asyncio.create_task(room.listener.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        room.handler.gate.set()
        await stopping
        assert len(room.handler.messages) == 1
        writer.close()


async def test_a_port_scan_is_nothing_for_the_journal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_operator(tmp_path) as operator:
        listener = build_relay_listener(operator.settings, operator.intake, operator.receiver)
        assert listener is not None
        await listener.start()
        with caplog.at_level(logging.INFO):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.addresses[0].port)
            await reader.readline()
            writer.write(b"STARTTLS\r\n")
            await reader.readline()
            writer.close()
            await writer.wait_closed()
            await listener.stop()
        await operator.intake.note()
        assert await operator.read_journal() == []
        assert "ended in its TLS handshake" in caplog.text
