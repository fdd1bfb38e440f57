"""EXPUNGE and UID EXPUNGE."""

from tests.imap.support import Talk, World, build_message, sign_in


async def _mark(world: World, *numbers: int) -> Talk:
    for number in range(1, 5):
        world.deliver(build_message(f"m{number}"))
    talk = await sign_in(world)
    await talk.do(f"STORE {','.join(map(str, numbers))} +FLAGS.SILENT (\\Deleted)")
    return talk


async def test_removes_what_is_marked(world: World) -> None:
    talk = await _mark(world, 1, 3)
    assert await talk.do("EXPUNGE") == ["* 3 EXPUNGE", "* 1 EXPUNGE", "OK EXPUNGE completed"]
    assert await talk.do("UID FETCH 1:* UID") == [
        "* 1 FETCH (UID 2)",
        "* 2 FETCH (UID 4)",
        "OK FETCH completed",
    ]


async def test_of_those_named_only_what_is_marked(world: World) -> None:
    talk = await _mark(world, 1, 3)
    assert await talk.do("UID EXPUNGE 2:4") == ["* 3 EXPUNGE", "OK EXPUNGE completed"]
    assert await talk.do("UID EXPUNGE 99") == ["OK EXPUNGE completed"]
    assert await talk.do("EXPUNGE") == ["* 1 EXPUNGE", "OK EXPUNGE completed"]


async def test_a_uid_is_never_used_again(world: World) -> None:
    talk = await _mark(world, 4)
    await talk.do("EXPUNGE")
    world.deliver()
    assert "* 4 FETCH (UID 5)" in await talk.do("UID FETCH * UID")
