"""NAMESPACE."""

from tests.imap.support import World, sign_in


async def test_there_is_one_s_own_only(world: World) -> None:
    talk = await sign_in(world, select="")
    assert await talk.do("NAMESPACE") == ['* NAMESPACE (("" "/")) NIL NIL', "OK NAMESPACE completed"]
