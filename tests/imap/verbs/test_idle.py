"""IDLE, as far as it goes without a socket; how the bell wakes it is the server's test."""

import pytest

from tests.imap.support import World, build_message, sign_in


async def test_news_come_until_done(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.say(b"A IDLE\r\n") == b"+ idling\r\n"
    assert talk.session.bell is not None
    world.deliver(build_message("new"))
    assert await talk.session.bell.wait(0)
    assert await talk.hear() == ["* 1 EXISTS", "* 1 RECENT"]
    assert await talk.hear() == []
    assert await talk.say(b"DONE\r\n") == b"A OK IDLE completed\r\n"
    assert talk.session.bell is None


async def test_news_from_before_come_after_the_continuation(world: World) -> None:
    """Thunderbird is lost when an EXPUNGE comes before it: it takes every later answer for that of another command."""
    world.deliver()
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    world.deliver()
    told = b"+ idling\r\n* 1 EXPUNGE\r\n* 1 EXISTS\r\n* 1 RECENT\r\n"
    assert await talk.say(b"A IDLE\r\n") == told
    assert await talk.say(b"DONE\r\n") == b"A OK IDLE completed\r\n"


async def test_a_mailbox_deleted_before_ends_the_connection_too(world: World) -> None:
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("CREATE a")
    await talk.do("SELECT a")
    await other.do("DELETE a")
    gone = b"* BYE [UNAVAILABLE] The selected mailbox has been deleted or closed to you\r\n"
    assert await talk.say(b"A IDLE\r\n") == b"+ idling\r\n" + gone
    assert talk.session.has_ended


async def test_commands_may_queue_behind(world: World) -> None:
    talk = await sign_in(world)
    answer = await talk.say(b"A IDLE\r\ndone\r\nB NOOP\r\nC IDLE\r\nDONE\r\nD CHECK\r\n")
    assert answer.splitlines() == [
        b"+ idling",
        b"A OK IDLE completed",
        b"B OK NOOP completed",
        b"+ idling",
        b"C OK IDLE completed",
        b"D OK CHECK completed",
    ]


@pytest.mark.parametrize("line", [b"B NOOP", b"", b"DONE?"])
async def test_anything_but_done_ends_it_as_a_mistake(world: World, line: bytes) -> None:
    talk = await sign_in(world)
    await talk.say(b"A IDLE\r\n")
    assert await talk.say(line + b"\r\n") == b"A BAD DONE was expected\r\n"
    assert talk.session.bell is None
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_waits_without_a_mailbox_too(world: World) -> None:
    talk = await sign_in(world, select="")
    assert await talk.say(b"A IDLE\r\nDONE\r\n") == b"+ idling\r\nA OK IDLE completed\r\n"


async def test_the_mailbox_deleted_meanwhile_ends_the_connection(world: World) -> None:
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("CREATE a")
    await talk.do("SELECT a")
    await talk.say(b"A IDLE\r\n")
    await other.do("DELETE a")
    assert await talk.hear() == ["* BYE [UNAVAILABLE] The selected mailbox has been deleted or closed to you"]
    assert talk.session.has_ended
