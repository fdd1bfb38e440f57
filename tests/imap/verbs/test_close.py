"""CLOSE."""

from tests.imap.support import World, sign_in


async def test_removes_what_is_marked_without_a_word(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    await talk.do("STORE 1 +FLAGS (\\Deleted)")
    assert await talk.do("CLOSE") == ["OK CLOSE completed"]
    assert "* STATUS INBOX (MESSAGES 0)" in await talk.do("STATUS INBOX (MESSAGES)")
    assert (await talk.do("CLOSE"))[-1].startswith("BAD [CLIENTBUG]")


async def test_after_examine_nothing_is_removed(world: World) -> None:
    world.deliver(mailbox="INBOX")
    talk = await sign_in(world)
    await talk.do("STORE 1 +FLAGS (\\Deleted)")
    await talk.do("EXAMINE INBOX")
    await talk.do("CLOSE")
    assert "* STATUS INBOX (MESSAGES 1)" in await talk.do("STATUS INBOX (MESSAGES)")


async def test_others_hear_of_each_message_that_went(world: World) -> None:
    for _ in range(3):
        world.deliver()
    talk, other = await sign_in(world), await sign_in(world)
    await talk.do("STORE 1,3 +FLAGS.SILENT (\\Deleted)")
    assert await talk.do("CLOSE") == ["OK CLOSE completed"]
    told = await other.do("NOOP")
    assert sorted(line for line in told if "EXPUNGE" in line) == ["* 1 EXPUNGE", "* 3 EXPUNGE"]
