"""NAMESPACE."""

from tests.imap.support import World, sign_in


async def test_ones_own_stand_at_the_top_and_others_below_a_name_of_their_own(world: World) -> None:
    talk = await sign_in(world, select="")
    assert await talk.do("NAMESPACE") == ['* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL', "OK NAMESPACE completed"]
