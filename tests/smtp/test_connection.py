"""Below the verbs: limits, handshakes under STARTTLS, what aiosmtpd would share or tell."""

import asyncio
import logging
import re
import smtplib
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.lab.pki import Profile, build_subject
from mssmail.smtp.connection import MAX_ERRORS
from mssmail.smtp.limits import ConnectionLimits
from mssmail.smtp.server import Conversation
from tests.support.smtp_room import TODAY, Room, build_believed, build_client_context, open_room


async def _open(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, octets: bytes) -> bytes:
    writer.write(octets)
    while (line := await reader.readline())[3:4] == b"-":
        pass
    return line


async def test_turns_away_one_too_many_and_takes_it_when_there_is_room(tmp_path: Path) -> None:
    async with open_room(tmp_path, connections=ConnectionLimits(1, 1)) as room:
        reader, writer = await _open(room.port)
        assert (await reader.readline()).startswith(b"220 ")
        other, unwanted = await _open(room.port)
        assert (await other.readline()).startswith(b"421 4.7.0 ")
        assert await other.read() == b""
        unwanted.close()
        assert (await _say(reader, writer, b"QUIT\r\n")).startswith(b"221 ")
        assert await reader.read() == b""
        writer.close()
        reader, writer = await _open(room.port)
        assert (await reader.readline()).startswith(b"220 ")
        writer.close()


async def _begin_tls(room: Room, context: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await _open(room.port)
    assert (await reader.readline()).startswith(b"220 ")
    assert (await _say(reader, writer, b"STARTTLS\r\n")).startswith(b"220 2.0.0")
    await writer.start_tls(context, server_hostname="localhost")
    return reader, writer


async def _hear_after_tls(room: Room, context: ssl.SSLContext) -> bytes:
    reader, writer = await _begin_tls(room, context)
    try:
        return await reader.readline()
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_an_expired_client_certificate_ends_in_an_alert_with_its_cause_known(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    TODAY.issuing.issue(Profile.OPERATOR, build_subject("peer"), TODAY.now, valid=timedelta(days=-1)).write(
        tmp_path, "client"
    )
    context = build_client_context(tmp_path)
    context.minimum_version = context.maximum_version = version
    async with open_room(tmp_path, believed=build_believed()) as room:
        with pytest.raises(ssl.SSLError, match=r"(?i)certificate.expired"):
            await _hear_after_tls(room, context)
        await room.wait_until_empty()
        [(address, _, cause, is_tls, offered)] = room.failures
        assert len(offered) >= 1
        assert (address, cause, is_tls) == ("127.0.0.1", "client certificate refused: certificate has expired", True)
        assert room.edge.connections.total == 0


async def test_a_client_that_dislikes_our_certificate_is_known_too(tmp_path: Path) -> None:
    def speak(port: int) -> None:  # asyncio's clients drop their alerts
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as stranger:
            stranger.starttls(context=ssl.create_default_context())

    async with open_room(tmp_path) as room:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(speak, room.port)
        await asyncio.wait_for(room.failed.wait(), 10)
        assert "unknown ca" in room.failures[0][2]


async def test_a_connection_that_ends_in_its_handshake_leaves_nothing_behind(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        reader, writer = await _open(room.port)
        assert (await reader.readline()).startswith(b"220 ")
        assert (await _say(reader, writer, b"STARTTLS\r\n")).startswith(b"220 ")
        writer.close()
        await room.wait_until_empty()
        assert room.edge.connections.total == 0
        assert [facts[2:4] for facts in room.failures] == [("the connection was closed", False)]


async def test_the_peer_is_known_by_socket_tls_and_chain(tmp_path: Path) -> None:
    credential = TODAY.make_operator("peer.a.test")
    credential.write(tmp_path, "client")
    async with open_room(tmp_path, believed=build_believed()) as room:
        reader, writer = await _begin_tls(room, build_client_context(tmp_path))
        for line in (b"EHLO peer\r\n", b"MAIL FROM:<a@a.test>\r\n", b"RCPT TO:<b@b.test>\r\n", b"DATA\r\n"):
            await _say(reader, writer, line)
        assert (await _say(reader, writer, b"x\r\n.\r\n")).startswith(b"250 ")
        session = room.handler.messages[0][0]
        assert session.address == "127.0.0.1"
        assert session.port == writer.get_extra_info("sockname")[1]
        assert session.chain == (credential.certificate_der, *TODAY.intermediates, *TODAY.anchors)
        assert session.tls is not None
        assert session.tls.version == "TLSv1.3"
        writer.close()


async def test_every_reply_but_greeting_and_hello_has_an_enhanced_code(tmp_path: Path) -> None:
    verbs = [b"NOOP", b"HELP", b"VRFY x", b"EXPN x", b"RSET", b"RSET x", b"XYZZY", b"MAIL", b"MAIL FROM:<a@b.test>"]
    verbs += [b"RCPT TO:<x>", b"RCPT TO:<b@b.test>", b"DATA x", b"AUTH PLAIN", b"STARTTLS", b"\x01", b"x" * 13_000]
    async with open_room(tmp_path) as room:
        reader, writer = await _begin_tls(room, build_client_context())
        assert (await _say(reader, writer, b"EHLO a.test\r\n")).startswith(b"250 HELP")
        for verb in (*verbs, b"QUIT"):
            assert re.match(rb"([245])\d\d \1\.\d\.\d+ [ -~]+\r\n", await _say(reader, writer, verb + b"\r\n")), verb
        writer.close()


async def test_connections_share_no_command_limits(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        one, other = Conversation(room.edge), Conversation(room.edge)
        one.command_size_limits["MAIL"] = 1
        assert other.command_size_limits == {}


def test_the_library_logs_no_mail() -> None:
    assert logging.getLogger("mail.log").getEffectiveLevel() == logging.WARNING


async def test_pipelined_replies_travel_together(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        reader, writer = await _open(room.port)
        assert (await reader.readline()).startswith(b"220 ")
        writer.write(b"NOOP\r\n" * 5)
        replies = await reader.read(1_000)
        assert replies.count(b"250 2.0.0 OK\r\n") == 5
        writer.close()


@pytest.mark.parametrize("count", [MAX_ERRORS - 1, MAX_ERRORS])
async def test_patience_has_an_end(tmp_path: Path, count: int) -> None:
    async with open_room(tmp_path) as room:
        reader, writer = await _open(room.port)
        writer.write(b"?\r\n" * count + b"QUIT\r\n")
        last = (await reader.read()).splitlines()[-1]
        assert last.startswith(b"221 " if count < MAX_ERRORS else b"421 4.7.0 ")
        writer.close()
