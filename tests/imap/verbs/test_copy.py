"""COPY and UID COPY."""

from mssmail.store.accounts import set_quota
from tests.imap.support import Talk, World, build_message, sign_in


async def _open(world: World) -> tuple[Talk, str]:
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject))
    talk = await sign_in(world)
    return talk, (await talk.do("STATUS Archive (UIDVALIDITY)"))[0].split()[-1].rstrip(")")


async def test_tells_which_became_which(world: World) -> None:
    talk, validity = await _open(world)
    await talk.do("STORE 3 +FLAGS.SILENT (\\Flagged)")
    assert await talk.do("COPY 1,3 Archive") == [f"OK [COPYUID {validity} 1,3 1:2] COPY completed"]
    assert await talk.do("UID COPY 2 Archive") == [f"OK [COPYUID {validity} 2 3] COPY completed"]
    await talk.do("SELECT Archive")
    assert (await talk.do("FETCH 2 FLAGS"))[0] == "* 2 FETCH (FLAGS (\\Flagged \\Recent))"


async def test_copying_nothing_is_no_failure(world: World) -> None:
    talk, _ = await _open(world)
    assert await talk.do("UID COPY 99 Archive") == ["OK COPY completed"]


async def test_a_target_that_is_not_there_is_to_be_created_first(world: World) -> None:
    talk, _ = await _open(world)
    assert (await talk.do("COPY 1 nowhere"))[-1].startswith("NO [TRYCREATE]")


async def test_all_or_none_when_there_is_no_room(world: World) -> None:
    talk, _ = await _open(world)
    world.store.submit(lambda conn: set_quota(conn, world.anne.address, 10)).result()
    assert (await talk.do("COPY 1:3 Archive"))[-1].startswith("NO [OVERQUOTA]")
    assert "* STATUS Archive (MESSAGES 0)" in await talk.do("STATUS Archive (MESSAGES)")


async def test_a_copy_into_the_selected_mailbox_shows_at_once(world: World) -> None:
    talk, _ = await _open(world)
    answer = await talk.do("COPY 1 INBOX")
    assert answer[:2] == ["* 4 EXISTS", "* 4 RECENT"]


async def test_those_that_have_gone_are_left_out(world: World) -> None:
    talk, _ = await _open(world)
    other = await sign_in(world)
    await other.do("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert (await talk.do("COPY 1:2 Archive"))[-1] == (
        "OK [EXPUNGEISSUED] COPY completed, but some messages were expunged"
    )
