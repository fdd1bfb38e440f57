"""LOGOUT."""

from tests.imap.support import World, sign_in


async def test_says_bye_and_then_ok(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("LOGOUT") == ["* BYE Signing out", "OK LOGOUT completed"]
    assert talk.session.has_ended
    assert talk.session.view is None
