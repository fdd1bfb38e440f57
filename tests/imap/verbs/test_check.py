"""CHECK is NOOP for a selected mailbox."""

from tests.imap.support import World, sign_in


async def test_is_done_already(world: World) -> None:
    talk = await sign_in(world)
    world.deliver()
    assert await talk.do("CHECK") == ["* 1 EXISTS", "* 1 RECENT", "OK CHECK completed"]
    assert (await (await sign_in(world, select="")).do("CHECK"))[-1].startswith("BAD [CLIENTBUG]")
