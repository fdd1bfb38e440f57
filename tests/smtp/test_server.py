"""The verbs, spoken to over real TLS: dialogues, hostile timing, and what happens to a message nobody waits for."""

import asyncio
import re
import smtplib
import ssl
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mssmail.core.reply import Reply
from mssmail.errors import StoreUnavailable, WorkerFault
from mssmail.smtp.connection import MAX_REFUSALS
from mssmail.smtp.limits import InflightLimit
from tests.support.dialogue import find_dialogues, play_dialogue
from tests.support.smtp_room import YesHandler, build_client_context, open_room

VALUES = {"long": "x" * 600, "longer": "x" * 20_000}


@pytest.mark.parametrize(
    "path", [p for p in find_dialogues("smtp") if p.stem.startswith("server-")], ids=lambda p: p.stem
)
async def test_dialogue(path: Path, tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await play_dialogue(path, "127.0.0.1", room.port, values=VALUES, tls=build_client_context())


@pytest.mark.parametrize(
    "path", [p for p in find_dialogues("smtp") if p.stem.startswith("login-")], ids=lambda p: p.stem
)
async def test_login_dialogue(path: Path, tmp_path: Path) -> None:
    async with open_room(tmp_path, offers_login=True, max_failed_logins=2) as room:
        await play_dialogue(path, "127.0.0.1", room.port, values=VALUES, tls=build_client_context())


class Client:
    """A bare client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, octets: bytes) -> bytes:
        """Send, and give the last line of one reply."""
        self.writer.write(octets)
        return await self.hear()

    async def hear(self) -> bytes:
        while (line := await self.reader.readline())[3:4] == b"-":
            pass
        return line

    async def begin(self) -> None:
        assert (await self.hear()).startswith(b"220 ")
        await self.say(b"EHLO mail.a.test\r\n")
        await self.say(b"MAIL FROM:<alice@a.test>\r\n")
        await self.say(b"RCPT TO:<bob@b.test>\r\n")
        assert (await self.say(b"DATA\r\n")).startswith(b"354 ")


async def _connect(port: int, context: ssl.SSLContext | None = None) -> Client:
    tls = context or build_client_context()
    return Client(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost"))


async def test_says_how_many_messages_a_connection_may_bring_and_means_it(tmp_path: Path) -> None:
    async with open_room(tmp_path, max_messages=2) as room:
        client = await _connect(room.tls_port)
        await client.hear()
        client.writer.write(b"EHLO mail.a.test\r\n")
        assert b"250-LIMITS MAILMAX=2 RCPTMAX=100\r\n" in await client.reader.readuntil(b"250 HELP\r\n")
        for _ in range(2):
            assert (await client.say(b"MAIL FROM:<alice@a.test>\r\n")).startswith(b"250 2.1.0")
            assert (await client.say(b"RSET\r\n")).startswith(b"250 2.0.0")
        assert (await client.say(b"MAIL FROM:<alice@a.test>\r\n")).startswith(b"421 4.3.2")
        assert await client.reader.read() == b""


async def test_keeps_the_octets_of_a_message(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        client = await _connect(room.tls_port)
        await client.begin()
        body = bytes(octet for octet in range(1, 256) if octet not in b"\r\n") + b"\r\n.x\r\n"
        reply = await client.say(body.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        [(session, transaction, data)] = room.handler.messages
        assert data == body
        assert reply == b"250 2.0.0 %s\r\n" % transaction.id.encode()
        assert session.tls is not None
        assert [str(each) for each in transaction.recipients] == ["bob@b.test"]
        client.writer.close()


@pytest.mark.parametrize("farewell", ["abort", "close"])
async def test_a_client_that_hangs_up_after_its_message_still_gets_it_committed(tmp_path: Path, farewell: str) -> None:
    async with open_room(tmp_path) as room:
        room.handler.gate.clear()
        client = await _connect(room.tls_port)
        await client.begin()
        client.writer.write(b"a: b\r\n\r\nx\r\n.\r\n")
        if farewell == "close":
            client.writer.close()
        await asyncio.wait_for(room.handler.asked.wait(), 10)
        client.writer.transport.abort()
        room.handler.gate.set()
        await asyncio.wait(tuple(room.edge.commits))
        assert [data for _, _, data in room.handler.messages] == [b"a: b\r\n\r\nx\r\n"]
    assert room.edge.inflight.used == 0


async def test_stopping_waits_for_the_message_under_way_and_says_goodbye_to_the_idle(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.handler.gate.clear()
        busy, idle = await _connect(room.tls_port), await _connect(room.tls_port)
        await busy.begin()
        assert (await idle.hear()).startswith(b"220 ")
        assert (await idle.say(b"NOOP\r\n")).startswith(b"250 ")
        busy.writer.write(b"x\r\n.\r\n")
        await asyncio.wait_for(room.handler.asked.wait(), 10)
        stopping = asyncio.create_task(room.listener.stop())
        assert (await idle.hear()).startswith(b"421 4.3.2 ")
        assert not stopping.done()
        room.handler.gate.set()
        assert (await busy.hear()).startswith(b"250 2.0.0 ")
        assert await busy.reader.read() == b""
        await stopping
        assert len(room.handler.messages) == 1


async def test_silence_ends_a_session_and_a_message(tmp_path: Path) -> None:
    async with open_room(tmp_path, command_seconds=0.05) as room:
        client = await _connect(room.tls_port)
        assert (await client.hear()).startswith(b"220 ")
        assert (await client.hear()).startswith(b"421 4.4.2 ")
        assert await client.reader.read() == b""
        client = await _connect(room.tls_port)
        await client.begin()
        client.writer.write(b"part of a message\r\n")
        assert (await client.hear()).startswith(b"421 4.4.2 ")
        assert room.handler.messages == []
        assert room.edge.inflight.used == 0


async def test_a_message_that_drips_is_ended_as_a_whole(tmp_path: Path) -> None:
    async with open_room(tmp_path, data_seconds=0.2) as room:
        client = await _connect(room.tls_port)
        await client.begin()
        listening = asyncio.create_task(client.hear())
        async with asyncio.timeout(10):
            while not listening.done():
                client.writer.write(b"drip\r\n")
                await asyncio.sleep(0.01)
        assert (await listening).startswith(b"421 4.4.2 ")


async def test_too_big_is_refused_at_its_end_and_the_session_goes_on(tmp_path: Path) -> None:
    async with open_room(tmp_path, max_message_bytes=1_000) as room:
        client = await _connect(room.tls_port)
        await client.begin()
        assert (await client.say(b"x" * 500_000 + b"\r\n.\r\n")).startswith(b"552 5.3.4 ")
        assert room.handler.refusals == ["TooBig"]
        assert (await client.say(b"NOOP\r\n")).startswith(b"250 ")
        client.writer.close()


async def test_no_room_in_flight_is_said_early_when_the_size_is_known_and_at_the_end_otherwise(tmp_path: Path) -> None:
    async with open_room(tmp_path, inflight=InflightLimit(1_000)) as room:
        client = await _connect(room.tls_port)
        assert (await client.hear()).startswith(b"220 ")
        await client.say(b"EHLO mail.a.test\r\n")
        assert (await client.say(b"MAIL FROM:<alice@a.test> SIZE=2000\r\n")).startswith(b"452 4.3.1 ")
        await client.say(b"MAIL FROM:<alice@a.test> SIZE=10\r\n")
        await client.say(b"RCPT TO:<bob@b.test>\r\n")
        await client.say(b"DATA\r\n")
        assert (await client.say(b"x" * 2_000 + b"\r\n.\r\n")).startswith(b"452 4.3.1 ")
        assert room.edge.inflight.used == 0
        client.writer.close()


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (StoreUnavailable("secret"), b"451 4.3.0 The store"),
        (KeyError("secret"), b"451 4.3.0 Internal error, try again"),
    ],
)
@pytest.mark.parametrize("verb", ["MAIL", "bob@b.test", "DATA"])
async def test_no_fault_shows_itself(tmp_path: Path, error: Exception, reply: bytes, verb: str) -> None:
    handler = YesHandler({verb: error})
    async with open_room(tmp_path, handler=handler) as room:
        client = await _connect(room.tls_port)
        assert (await client.hear()).startswith(b"220 ")
        client.writer.write(b"EHLO mail.a.test\r\n")
        await client.hear()
        lines = {
            "MAIL": b"MAIL FROM:<alice@a.test>\r\n",
            "bob@b.test": b"RCPT TO:<bob@b.test>\r\n",
            "DATA": b"DATA\r\n",
        }
        for name, line in lines.items():
            said = await client.say(line)
            if name == "DATA" and said.startswith(b"354"):
                said = await client.say(b"x\r\n.\r\n")
            if name == verb:
                assert said.startswith(reply)
                assert b"secret" not in said
                break
        assert (await client.say(b"NOOP\r\n")).startswith(b"250 ")
        client.writer.close()


async def test_refusals_of_the_handler_are_passed_on(tmp_path: Path) -> None:
    handler = YesHandler({"eve@b.test": Reply(550, "5.1.1", "No such account here")})
    async with open_room(tmp_path, handler=handler) as room:

        def send() -> dict[str, tuple[int, bytes]]:
            with smtplib.SMTP("127.0.0.1", room.port, timeout=20) as stranger:
                stranger.starttls(context=build_client_context())
                recipients = ["bob@b.test", "eve@b.test", "BOB@b.test"]
                return stranger.sendmail("alice@a.test", recipients, "Subject: x\n\nhello\n.")

        assert await asyncio.to_thread(send) == {"eve@b.test": (550, b"5.1.1 No such account here")}
        [(_, transaction, data)] = room.handler.messages
        assert data == b"Subject: x\r\n\r\nhello\r\n.\r\n"
        assert [str(each) for each in transaction.recipients] == ["bob@b.test"]


async def test_many_errors_end_the_session(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        client = await _connect(room.tls_port)
        assert (await client.hear()).startswith(b"220 ")
        client.writer.write(b"XYZZY\r\n" * 30)
        rest = await client.reader.read()
        assert rest.count(b"500 5.5.1 ") == 20
        assert rest.splitlines()[-1].startswith(b"421 4.7.0 ")


async def test_a_message_that_breaks_off_is_nobodys(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        client = await _connect(room.tls_port)
        await client.begin()
        client.writer.write(b"a: b\r\n\r\n" + b"x" * 300_000)
        await client.writer.drain()
        client.writer.transport.abort()
        await room.wait_until_empty()
        assert room.handler.messages == []
        assert room.handler.refusals == []
        assert room.edge.inflight.used == 0
        assert room.edge.connections.total == 0


async def test_a_fault_at_the_end_of_data_is_noted(tmp_path: Path) -> None:
    async with open_room(tmp_path, handler=YesHandler({"DATA": WorkerFault()})) as room:
        client = await _connect(room.tls_port)
        await client.begin()
        assert (await client.say(b"x\r\n.\r\n")).startswith(b"451 4.3.0 The message could not be examined")
        assert room.handler.refusals == ["WorkerFault"]
        assert room.edge.inflight.used == 0
        client.writer.close()


async def test_guessing_recipients_ends_the_session(tmp_path: Path) -> None:
    handler = YesHandler({"eve@b.test": Reply(550, "5.1.1", "No such account here")})
    async with open_room(tmp_path, handler=handler) as room:
        client = await _connect(room.tls_port)
        client.writer.write(b"EHLO a.test\r\nMAIL FROM:<a@a.test>\r\n" + b"RCPT TO:<eve@b.test>\r\n" * 600)
        lines = (await client.reader.read()).splitlines()
        assert sum(line.startswith(b"550 5.1.1") for line in lines) == MAX_REFUSALS
        assert lines[-1].startswith(b"421 4.7.0 ")


_SAYINGS = (
    rb"EHLO a\r\n|HELO\r\n|MAIL FROM:<a@b.test>\r\n|RCPT TO:<b@b.test>\r\n|DATA\r\n|\r\n|.\r\n|RSET\r\n|QUIT\r\n|"
    rb"AUTH PLAIN\r\n|=\r\n|*\r\n|NOOP|\n|\r|\0| |<|>|BDAT 4\r\n|BDAT 2 LAST\r\n|BDAT x\r\n|BDAT|\xc3\xa9|EXPN a\r\n|"
    rb"HELP\r\n|VRFY\r\n|STARTTLS\r\n|MAIL FROM:<\xc3\xa9@b.test> SMTPUTF8 REQUIRETLS RET=HDRS ENVID=x\r\n|"
    rb"RCPT TO:<\xc3\xa9@b.test> NOTIFY=NEVER\r\n|RCPT TO:<b@b.test> ORCPT=rfc822;\r\n|"
    rb"MAIL FROM:<a@b.test> SIZE=9999999\r\n"
)
_PIECES = st.sampled_from(_SAYINGS.decode("unicode_escape").encode("latin-1").split(b"|"))
_REPLY = re.compile(rb"(220 mx|250-[A-Z0-9a-z]|250 (mx|HELP)|334 |354 |([245])\d\d \3\.\d\.\d{1,2} )[\x20-\x7e]*\r\n")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_PIECES | st.binary(max_size=20), max_size=25))
def test_whatever_is_said_every_answer_is_a_reply_and_nothing_breaks(tmp_path: Path, pieces: list[bytes]) -> None:
    async def speak() -> None:
        async with open_room(tmp_path, offers_login=True) as room:
            client = await _connect(room.tls_port)
            client.writer.write(b"".join(pieces) + b"\r\n.\r\n")
            client.writer.write(b"RSET\r\n*\r\nQUIT\r\n" * 2)
            heard = await client.reader.read()
            assert all(_REPLY.fullmatch(line + b"\n") for line in heard.split(b"\n")[:-1]), heard
            assert b"incident" not in heard
            client.writer.close()
            await room.wait_until_empty()
            assert room.edge.inflight.used == 0

    asyncio.run(speak())
