"""UNSELECT."""

from tests.imap.support import World, sign_in


async def test_leaves_and_removes_nothing(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    await talk.do("STORE 1 +FLAGS (\\Deleted)")
    assert await talk.do("UNSELECT") == ["OK UNSELECT completed"]
    assert "* STATUS INBOX (MESSAGES 1)" in await talk.do("STATUS INBOX (MESSAGES)")
    assert (await talk.do("UNSELECT"))[-1].startswith("BAD [CLIENTBUG]")
