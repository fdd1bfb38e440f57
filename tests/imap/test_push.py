"""What is pushed between commands, on real sockets: NOTIFY's news and a long command's progress."""

import asyncio
import threading
from pathlib import Path

import pytest

from mssmail.imap import server
from tests.imap.support import Running, World, build_message, connect, run_listener

ALL_OF_IT = "(SELECTED (MessageNew (UID) MessageExpunge FlagChange)) (PERSONAL (MailboxName MessageNew MessageExpunge))"


async def _wait_for_the_end(running: Running) -> None:
    """Of every conversation."""
    async with asyncio.timeout(60):
        while running.listener.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_news_come_without_a_command(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running, connect(running) as here, connect(running) as there:
        await here.do("s", "SELECT INBOX")
        assert await here.do("n", f"NOTIFY SET {ALL_OF_IT}") == ["n OK NOTIFY completed"]
        world.deliver()
        assert await here.read_until("*") == ["* 1 EXISTS"]
        assert [await here.read_line(), await here.read_line()] == ["* 1 RECENT", "* 1 FETCH (UID 1)"]
        await there.do("a", "CREATE x")
        assert await here.read_line() == '* LIST (\\HasNoChildren) "/" x'
        there.writer.write(b"b APPEND x {%d+}\r\n%b\r\n" % (len(build_message("a")), build_message("a")))
        assert await here.read_line() == "* STATUS x (UIDNEXT 2 MESSAGES 1)"
        await there.read_until("b")
        # half a command, and news in between
        here.writer.write(b"c NO")
        await there.do("c", "CREATE y")
        assert await here.read_line() == '* LIST (\\HasNoChildren) "/" y'
        here.writer.write(b"OP\r\n")
        assert await here.read_until("c") == ["c OK NOOP completed"]


async def test_what_a_fetch_kept_back_comes_right_after_it(world: World, tmp_path: Path) -> None:
    for subject in "ab":
        world.deliver(build_message(subject))
    async with run_listener(world, tmp_path) as running, connect(running) as here, connect(running) as there:
        await there.do("s", "SELECT INBOX")
        await there.do("t", "STORE 1 +FLAGS.SILENT (\\Deleted)")
        await here.do("s", "SELECT INBOX")
        await here.do("n", f"NOTIFY SET {ALL_OF_IT}")
        there.writer.write(b"e EXPUNGE\r\n")
        here.writer.write(b"f FETCH 2 UID\r\n")
        lines = await here.read_until("f")
        if "* 1 EXPUNGE" not in lines:
            lines.append(await here.read_line())
        assert "* 1 EXPUNGE" in lines
        await there.read_until("e")


async def test_it_ends_with_notify_none_and_with_the_connection(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running:
        async with connect(running) as line:
            await line.do("n", f"NOTIFY SET {ALL_OF_IT}")
            await line.do("m", "NOTIFY NONE")
            assert world.bells.listeners == 0
            await line.do("o", f"NOTIFY SET {ALL_OF_IT}")
            world.deliver()
            line.writer.write(b"p LOGOUT\r\nq NOOP\r\n")
            assert (await line.read_until("p"))[-1] == "p OK LOGOUT completed"
            assert await line.reader.read() == b""
        async with connect(running) as line:
            await line.do("n", f"NOTIFY SET {ALL_OF_IT}")
            assert world.bells.listeners > 0
        await _wait_for_the_end(running)
        assert world.bells.listeners == 0


async def test_what_is_too_much_ends_the_push_and_not_the_connection(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mssmail.imap.watch.MAX_WATCHED", 6)
    async with run_listener(world, tmp_path) as running, connect(running) as here, connect(running) as there:
        await here.do("n", "NOTIFY SET (PERSONAL (MessageNew MessageExpunge))")
        await there.do("a", "CREATE x")
        assert (await here.read_line()).startswith("* OK [NOTIFICATIONOVERFLOW] ")
        assert await here.do("o", "NOOP") == ["o OK NOOP completed"]


async def test_going_down_says_bye_to_who_is_notified(world: World, tmp_path: Path) -> None:
    async with run_listener(world, tmp_path) as running, connect(running) as line:
        await line.do("n", f"NOTIFY SET {ALL_OF_IT}")
        stopping = asyncio.ensure_future(running.listener.stop())
        assert (await line.read_line()).startswith("* BYE ")
        await stopping


async def test_a_long_command_says_that_it_is_at_work(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_PROGRESS_SECONDS", 0.02)
    world.deliver()
    async with run_listener(world, tmp_path) as running, connect(running) as line:
        await line.do("s", "SELECT INBOX")
        go = threading.Event()
        world.store.submit(lambda _: go.wait(60))
        try:
            line.writer.write(b"c COPY 1 Sent\r\n")
            lines = [await line.read_line() for _ in range(3)]
        finally:
            go.set()
        assert lines == ['* OK [INPROGRESS ("c" 0 1)] 0 of 1'] * 3
        rest = await line.read_until("c")
        assert rest[-1].startswith("c OK [COPYUID ")
        assert set(rest[:-1]) <= {lines[0]}


async def test_a_long_command_can_be_hung_up_on(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_PROGRESS_SECONDS", 0.02)
    world.deliver()
    go = threading.Event()
    async with run_listener(world, tmp_path) as running:
        async with connect(running) as line:
            await line.do("s", "SELECT INBOX")
            world.store.submit(lambda _: go.wait(60))
            line.writer.write(b"c COPY 1 Sent\r\n")
            assert "INPROGRESS" in await line.read_line()
        await asyncio.sleep(0)
        go.set()
        await _wait_for_the_end(running)
    assert (await world.mailboxes.find_mailbox(world.anne, "Sent")).messages == 1  # the copy was made all the same
