"""NOOP and the news that follow it."""

from tests.imap.support import Talk, World, build_message, sign_in


async def test_does_nothing_in_any_state(world: World) -> None:
    assert await Talk(world).do("NOOP") == ["OK NOOP completed"]
    assert await (await sign_in(world)).do("NOOP") == ["OK NOOP completed"]


async def test_tells_what_another_session_did(world: World) -> None:
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject))
    here, there = await sign_in(world), await sign_in(world)
    await there.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await there.do("STORE 3 +FLAGS (\\Flagged)")
    await there.do("EXPUNGE")
    world.deliver(build_message("four"))
    assert await here.do("NOOP") == [
        "* 1 EXPUNGE",
        "* 3 EXISTS",
        "* 3 RECENT",
        "* 2 FETCH (UID 3 FLAGS (\\Flagged \\Recent))",
        "OK NOOP completed",
    ]
    assert await here.do("NOOP") == ["OK NOOP completed"]
