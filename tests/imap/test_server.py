"""The listener on real sockets: TLS, IDLE's push, time-outs, limits, an orderly end."""

import asyncio
import logging
import ssl
from pathlib import Path

import pytest

from mssmail.imap import server
from mssmail.imap.channel import Channel
from tests.imap.support import (
    PASSWORD,
    USER,
    Line,
    Running,
    World,
    build_message,
    build_tls_contexts,
    connect,
    run_listener,
)


async def _open_plain(running: Running) -> Line:
    return Line(*await asyncio.open_connection("127.0.0.1", running.port))


async def test_starttls_and_then_a_sign_in(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running:
        line = await _open_plain(running)
        assert (await line.read_line()).endswith("STARTTLS LOGINDISABLED] mssmail is ready")
        assert (await line.do("a", f'LOGIN {USER} "{PASSWORD}"'))[-1].startswith("a NO [PRIVACYREQUIRED]")
        assert await line.do("b", "STARTTLS") == ["b OK Begin TLS now"]
        await line.writer.start_tls(running.client_tls, server_hostname="localhost")
        assert (await line.do("c", f'LOGIN {USER} "{PASSWORD}"'))[-1].startswith("c OK [CAPABILITY ")
        line.close()


async def test_what_was_smuggled_in_before_tls_is_never_obeyed(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running:
        line = await _open_plain(running)
        await line.read_line()
        line.writer.write(b"a STARTTLS\r\nb LOGOUT\r\nc NOOP\r\n")
        assert await line.read_line() == "a OK Begin TLS now"
        await line.writer.start_tls(running.client_tls, server_hostname="localhost")
        assert await line.do("d", "NOOP") == ["d OK NOOP completed"]
        line.close()


async def test_the_certificate_of_the_moment_is_shown(world: World, tmp_path: Path) -> None:
    old, _ = build_tls_contexts(tmp_path)
    new, _ = build_tls_contexts(tmp_path)
    new.maximum_version = ssl.TLSVersion.TLSv1_2  # tells the two apart
    current = [old]
    async with run_listener(world, tmp_path, make_tls=lambda: current[0]) as running:
        async with connect(running, signed_in=False) as line:
            assert line.writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        current[0] = new
        async with connect(running, signed_in=False) as line:
            assert line.writer.get_extra_info("ssl_object").version() == "TLSv1.2"


async def test_a_failed_handshake_leaves_the_listener_alone(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port_tls)
        writer.write(b"a LOGIN x y\r\n" * 20)
        await reader.read()
        writer.close()
        async with connect(running) as line:
            assert await line.do("a", "NOOP") == ["a OK NOOP completed"]


async def test_idle_pushes_what_others_do(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running, connect(running) as here, connect(running) as there:
        for line in (here, there):
            await line.do("s", "SELECT INBOX")
        here.writer.write(b"i IDLE\r\n")
        assert await here.read_line() == "+ idling"
        world.deliver()
        assert [await here.read_line(), await here.read_line()] == ["* 1 EXISTS", "* 1 RECENT"]
        await there.do("a", "UID STORE 1 +FLAGS.SILENT (\\Deleted)")
        assert await here.read_line() == "* 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent))"
        await there.do("b", "EXPUNGE")
        assert await here.read_line() == "* 1 EXPUNGE"
        here.writer.write(b"DONE\r\nn NOOP\r\n")
        assert await here.read_until("n") == ["i OK IDLE completed", "n OK NOOP completed"]


async def test_half_of_done_does_not_cost_what_rang_at_that_moment(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = Channel.data_received

    def receive_and_ring(channel: Channel, data: bytes) -> None:
        receive(channel, data)
        if data == b"DO":
            world.deliver()

    monkeypatch.setattr(Channel, "data_received", receive_and_ring)
    async with run_listener(world, tmp_path) as running, connect(running) as line:
        await line.do("s", "SELECT INBOX")
        line.writer.write(b"i IDLE\r\n")
        assert await line.read_line() == "+ idling"
        line.writer.write(b"DO")
        assert await line.read_line() == "* 1 EXISTS"
        line.writer.write(b"NE\r\n")
        assert (await line.read_until("i"))[-1] == "i OK IDLE completed"


async def test_idle_gives_a_sign_of_life(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_KEEP_ALIVE_SECONDS", 0.05)
    async with run_listener(world, tmp_path) as running, connect(running) as line:
        await line.do("s", "SELECT INBOX")
        line.writer.write(b"i IDLE\r\n")
        assert [await line.read_line(), await line.read_line()] == ["+ idling", "* OK Still here"]


async def test_whoever_idles_too_long_is_signed_out(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path, idle_timeout_seconds=1) as running, connect(running) as line:
        await line.do("s", "SELECT INBOX")
        line.writer.write(b"i IDLE\r\n")
        assert [await line.read_line(), await line.read_line()] == ["+ idling", "* BYE Silent for too long"]
        assert await line.read_line() == ""


async def test_whoever_is_silent_is_signed_out(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path, idle_timeout_seconds=1) as running:
        async with connect(running, signed_in=False) as line:
            assert await line.read_line() == "* BYE Silent for too long"
            assert await line.read_line() == ""
        async with connect(running) as line:
            assert await line.read_line() == "* BYE Silent for too long"


async def test_too_many_connections_are_turned_away(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path, max_connections=1) as running:
        first = await _open_plain(running)
        await first.read_line()
        second = await _open_plain(running)
        assert await second.read_line() == "* BYE [UNAVAILABLE] Too many connections"
        assert await second.read_line() == ""
        second.close()
        assert (await first.do("a", "LOGOUT"))[-1] == "a OK LOGOUT completed"
        assert await first.read_line() == ""
        first.close()
        third = await _open_plain(running)
        assert (await third.read_line()).startswith("* OK ")
        third.close()


async def test_too_many_connections_from_one_address_are_turned_away(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path, max_connections_per_address=1) as running:
        first = await _open_plain(running)
        assert (await first.read_line()).startswith("* OK ")
        second = await _open_plain(running)
        assert await second.read_line() == "* BYE [UNAVAILABLE] Too many connections"
        second.close()
        first.close()


async def test_too_many_connections_to_one_account_are_refused_at_sign_in(world: World, tmp_path: Path) -> None:
    async with (
        run_listener(world, tmp_path, max_connections_per_account=1) as running,
        connect(running) as first,
        connect(running, signed_in=False) as second,
    ):
        refused = await second.do("a", f'LOGIN {USER} "{PASSWORD}"')
        assert refused == ["a NO [LIMIT] Too many connections to this account"]
        assert (await second.do("b", "SELECT INBOX"))[-1].startswith("b BAD")
        assert (await first.do("c", "NOOP"))[-1] == "c OK NOOP completed"


async def test_too_many_failed_sign_ins_end_the_connection(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running, connect(running, signed_in=False) as line:
        for tag in ("a", "b"):
            assert (await line.do(tag, f"LOGIN {USER} wrong"))[-1].startswith(f"{tag} NO [AUTHENTICATIONFAILED]")
        assert (await line.do("c", f"LOGIN {USER} wrong"))[0] == "* BYE Too many failed sign-ins"
        assert await line.read_line() == ""


async def test_going_down_says_bye_to_those_who_wait_and_those_who_idle(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running, connect(running) as waiting, connect(running) as idling:
        await idling.do("s", "SELECT INBOX")
        idling.writer.write(b"i IDLE\r\n")
        assert await idling.read_line() == "+ idling"
        stopping = asyncio.create_task(running.listener.stop())
        for line in (waiting, idling):
            assert await line.read_line() == "* BYE The server is going down; come back soon"
            assert await line.read_line() == ""
        await stopping
        assert running.listener.connections == 0
        with pytest.raises(OSError):  # noqa: PT011 - which of them is the system's choice
            await asyncio.open_connection("127.0.0.1", running.port)


async def test_a_slow_reader_holds_no_memory(world: World, tmp_path: Path) -> None:
    body = b"0123456789abcdef" * 2_000_000  # 32 MB: far more than all buffers on the way
    world.deliver(build_message("large", body))
    async with run_listener(world, tmp_path) as running, connect(running) as line, connect(running) as other:
        await line.do("s", "SELECT INBOX")
        line.writer.write(b"f FETCH 1 BODY.PEEK[TEXT]\r\n")
        await line.read_line()
        (channel,) = [
            conversation.channel
            for conversation in running.listener._conversations.values()
            if conversation.channel.sent > 100_000
        ]
        for _ in range(20):  # others are served meanwhile
            await other.do("n", "NOOP")
        assert channel.sent < len(body) / 2
        assert channel.transport.get_write_buffer_size() < 1_000_000
        assert await line.reader.readexactly(len(body)) == body
        assert (await line.read_until("f"))[-1] == "f OK FETCH completed"


async def test_commands_in_flight_are_bounded_over_all_connections(world: World, tmp_path: Path) -> None:
    running_with_less = run_listener(world, tmp_path, max_inflight_bytes=3_000_000)
    async with running_with_less as running, connect(running) as one, connect(running) as two:
        one.writer.write(b"a APPEND INBOX {2900000+}\r\n" + b"x" * 2_500_000)
        while sum(c._held for c in running.listener._conversations.values()) < 2_500_000:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert await two.do("n", "NOOP") == ["n OK NOOP completed"], "small commands pass"
        two.writer.write(b"b APPEND INBOX {2000000+}\r\n" + b"y" * 1_900_000)
        assert await two.read_line() == "* BYE [UNAVAILABLE] Too much is being sent at this moment"
        one.writer.write(b"x" * 400_000 + b"\r\n")
        assert (await one.read_until("a"))[-1].startswith("a OK [APPENDUID ")


async def test_a_second_literal_does_not_make_the_first_forgotten(world: World, tmp_path: Path) -> None:
    running_with_less = run_listener(world, tmp_path, max_inflight_bytes=3_000_000)
    async with running_with_less as running, connect(running) as one, connect(running) as two:
        one.writer.write(b"a APPEND INBOX {2500000+}\r\n" + b"x" * 2_500_000 + b" {2000000}\r\n")
        assert (await one.read_line()).startswith("+ ")
        two.writer.write(b"b APPEND INBOX {2000000+}\r\n" + b"y" * 1_900_000)
        assert await two.read_line() == "* BYE [UNAVAILABLE] Too much is being sent at this moment"


async def test_a_stranger_keeps_no_place_by_a_word_now_and_then(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_UNTIL_LOGIN_SECONDS", 2)
    async with run_listener(world, tmp_path) as running, connect(running, signed_in=False) as line:
        said = ""
        while not said.startswith("* BYE"):
            line.writer.write(b"a NOOP\r\n")
            said = await line.read_line()
        assert said == "* BYE Silent for too long"


@pytest.mark.parametrize("before", ["s SELECT INBOX", "s NOTIFY SET (selected (MessageNew MessageExpunge))"])
async def test_a_command_that_trickles_in_is_not_waited_for_without_end(
    world: World, tmp_path: Path, before: str
) -> None:
    async with run_listener(world, tmp_path, idle_timeout_seconds=1) as running, connect(running) as line:
        await line.do("s", before.removeprefix("s "))
        line.writer.write(b"a APPEND INBOX {50000000+}\r\n")
        waiting = asyncio.create_task(line.read_line())
        while not waiting.done():  # always sooner than the idle time-out, as far as the machine lets us
            line.writer.write(b"x")
            await asyncio.wait({waiting}, timeout=0.05)
        assert await waiting == "* BYE Silent for too long"


async def test_nobody_waits_behind_a_thousand_commands_of_another(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running, connect(running) as greedy, connect(running) as other:
        greedy.writer.write(b"a NOOP\r\n" * 10_000 + b"z LOGOUT\r\n")
        reading = asyncio.create_task(greedy.read_until("z"))
        await other.do("s", "SELECT INBOX")
        assert not reading.done()
        assert len(await reading) == 10_002


async def test_a_client_that_goes_in_the_middle_is_only_logged(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world.deliver(build_message("large", b"x" * 5_000_000))
    with caplog.at_level(logging.INFO, "mssmail.imap"):
        async with run_listener(world, tmp_path) as running:
            async with connect(running) as line:
                await line.do("s", "SELECT INBOX")
                line.writer.write(b"f FETCH 1 BODY.PEEK[]\r\n")
                await line.read_line()
            async with connect(running) as line:
                assert await line.do("a", "NOOP") == ["a OK NOOP completed"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    ids = {record.__dict__["id"] for record in caplog.records if record.message == "disconnected"}
    assert len(ids) == 2


async def test_a_message_that_breaks_off_ends_the_connection(world: World, tmp_path: Path) -> None:
    world.deliver(build_message("large", b"x" * 2_000_000))
    ((_, file),) = world.store.body_files.list_files()
    with file.open("r+b") as handle:
        handle.truncate(1_000_000)
    async with run_listener(world, tmp_path) as running, connect(running) as line:
        await line.do("s", "SELECT INBOX")
        line.writer.write(b"f FETCH 1 BODY.PEEK[]\r\n")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await line.reader.readexactly(2_000_000)
