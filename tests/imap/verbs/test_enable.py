"""ENABLE with nothing to enable."""

from tests.imap.support import World, sign_in


async def test_unknown_extensions_are_ignored(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("ENABLE QRESYNC X-NOSUCH") == ["* ENABLED", "OK ENABLE completed"]
