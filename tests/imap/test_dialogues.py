"""Conversations from text files, each with a listener and a store of its own."""

import asyncio
from pathlib import Path

import pytest

from tests.imap.support import PASSWORD, USER, World, run_listener
from tests.support.dialogue import Player, find_dialogues, load_dialogue

_NESTED = (
    b'From: Bob <b@b.test>\r\nSubject: nested\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\n\r\nfirst\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n--b--\r\n"
)
_WITHOUT_FROM = b"To: anne@a.test\r\n\r\nwho am I?\r\n"


@pytest.mark.parametrize("path", find_dialogues("imap"), ids=lambda path: path.stem)
async def test_plays(path: Path, world: World, tmp_path: Path) -> None:
    world.deliver()
    world.deliver(_NESTED)
    world.deliver(_WITHOUT_FROM)
    dialogue = load_dialogue(path)
    begins_plain = any(step.act == "TLS" for step in dialogue.steps)
    async with run_listener(world, tmp_path) as running:
        if begins_plain:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        else:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", running.port_tls, ssl=running.client_tls, server_hostname="localhost"
            )
        values = {"user": USER, "password": PASSWORD, "host": "localhost"}
        try:
            await Player(reader, writer, values, running.client_tls).play(dialogue)
        finally:
            writer.transport.abort()
