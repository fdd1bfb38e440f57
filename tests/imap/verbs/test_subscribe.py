"""SUBSCRIBE and UNSUBSCRIBE."""

from tests.imap.support import World, sign_in


async def test_a_subscription_outlives_its_mailbox(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("SUBSCRIBE later") == ["OK SUBSCRIBE completed"]
    assert '* LSUB (\\Noselect \\HasNoChildren) "/" later' in await talk.do('LSUB "" *')
    assert await talk.do("UNSUBSCRIBE later") == ["OK UNSUBSCRIBE completed"]
    assert "later" not in "".join(await talk.do('LSUB "" *'))
