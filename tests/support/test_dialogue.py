"""The player of dialogues notices what differs."""

import asyncio

import pytest

from tests.support.dialogue import Player, parse_dialogue


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"* ready\r\n")
    while line := await reader.readline():
        if line == b"bye\r\n":
            break
        writer.write(b"got " + line)
    writer.close()


async def _play(text: str) -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        try:
            await Player(reader, writer, {"who": "alice"}).play(parse_dialogue(text, "t"))
        finally:
            writer.close()
            await writer.wait_closed()


async def test_plays_what_agrees() -> None:
    await _play(
        "# why\nS: \\* ready\nC: I am {who}\nS: got * alice\nC-bytes: \\x41\\r\\n\nS: got A\n"
        "C: 1\nC: 2\nS-until: got 2\nC: bye\nS-close:\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "# why\nS: * gone\n",
        "# why\nS: *\nC: a\nS: got b\n",
        "# why\nS: *\nC: bye\nS-until: b\n",
        "# why\nS: *\nC: bye\nS: more\n",
    ],
)
async def test_names_the_line_that_differs(text: str) -> None:
    with pytest.raises(AssertionError, match=rf"t:{len(text.splitlines())}"):
        await _play(text)


@pytest.mark.parametrize("text", ["S: no reason\n", "# why\nX: unknown\n"])
def test_refuses_a_file_that_is_no_dialogue(text: str) -> None:
    with pytest.raises(ValueError, match="t"):
        parse_dialogue(text, "t")
