"""DELETE."""

from tests.imap.support import World, sign_in


async def test_removes_a_mailbox(world: World) -> None:
    talk = await sign_in(world)
    await talk.do("CREATE a")
    assert await talk.do("DELETE a") == ["OK DELETE completed"]
    assert await talk.do("DELETE a") == ["NO [NONEXISTENT] There is no such mailbox"]


async def test_inbox_and_parents_stay(world: World) -> None:
    talk = await sign_in(world)
    await talk.do("CREATE a/b")
    assert (await talk.do("DELETE INBOX"))[-1].startswith("NO [CANNOT]")
    assert (await talk.do("DELETE a"))[-1].startswith("NO [HASCHILDREN]")


async def test_deleting_the_selected_mailbox_leaves_none_selected(world: World) -> None:
    talk = await sign_in(world)
    await talk.do("CREATE a")
    await talk.do("SELECT a")
    assert await talk.do("DELETE a") == ["* OK [CLOSED] The mailbox is closed", "OK DELETE completed"]
    assert (await talk.do("CHECK"))[-1].startswith("BAD [CLIENTBUG]")


async def test_another_session_that_has_it_open_is_dismissed(world: World) -> None:
    here, there = await sign_in(world), await sign_in(world)
    await there.do("CREATE a")
    await here.do("SELECT a")
    await there.do("DELETE a")
    assert await here.do("NOOP") == [
        "OK NOOP completed",
        "* BYE [UNAVAILABLE] The selected mailbox has been deleted or closed to you",
    ]
    assert here.session.has_ended
