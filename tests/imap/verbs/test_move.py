"""MOVE: one step, both mailboxes told."""

from mssmail.store.accounts import set_quota
from tests.imap.support import Talk, World, build_message, sign_in


async def _open(world: World) -> tuple[Talk, str]:
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject), "INBOX", "\\Flagged")
    talk = await sign_in(world)
    return talk, (await talk.do("STATUS Archive (UIDVALIDITY)"))[0].split()[-1].rstrip(")")


async def test_copyuid_comes_before_the_expunges(world: World) -> None:
    talk, validity = await _open(world)
    assert await talk.do("MOVE 1,3 Archive") == [
        f"* OK [COPYUID {validity} 1,3 1:2] Moved",
        "* 3 EXPUNGE",
        "* 1 EXPUNGE",
        "OK MOVE completed",
    ]
    assert (await talk.do("STATUS INBOX (MESSAGES)"))[0] == "* STATUS INBOX (MESSAGES 1)"
    await talk.do("SELECT Archive")
    assert (await talk.do("FETCH 1:* (UID FLAGS)"))[:2] == [
        "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent))",
        "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))",
    ]


async def test_qresync_clients_hear_vanished_and_the_clock(world: World) -> None:
    talk, validity = await _open(world)
    await talk.do("ENABLE QRESYNC")
    assert await talk.do("UID MOVE 2:3 Archive") == [
        f"* OK [COPYUID {validity} 2:3 1:2] Moved",
        "* VANISHED 2:3",
        "OK [HIGHESTMODSEQ 5] MOVE completed",
    ]


async def test_moving_nothing_is_no_failure(world: World) -> None:
    talk, _ = await _open(world)
    assert await talk.do("UID MOVE 99 Archive") == ["OK MOVE completed"]


async def test_a_target_that_is_not_there_is_to_be_created_first_and_nothing_goes(world: World) -> None:
    talk, _ = await _open(world)
    assert (await talk.do("MOVE 1 nowhere"))[-1].startswith("NO [TRYCREATE]")
    assert "* STATUS INBOX (MESSAGES 3)" in await talk.do("STATUS INBOX (MESSAGES)")


async def test_nothing_is_moved_out_of_a_mailbox_that_is_only_read(world: World) -> None:
    talk, _ = await _open(world)
    await talk.do("EXAMINE INBOX")
    assert (await talk.do("MOVE 1 Archive"))[-1].startswith("NO [NOPERM]")


async def test_a_full_account_can_still_be_tidied(world: World) -> None:
    talk, _ = await _open(world)
    world.store.submit(lambda conn: set_quota(conn, world.anne.address, 10)).result()
    assert (await talk.do("MOVE 1:3 Trash"))[-1].startswith("OK")


async def test_into_the_same_mailbox_gives_new_uids(world: World) -> None:
    talk, _ = await _open(world)
    lines = await talk.do("MOVE 1 INBOX")
    assert lines[1:] == ["* 1 EXPUNGE", "* 3 EXISTS", "* 3 RECENT", "OK MOVE completed"]
    assert (await talk.do("FETCH 3 UID"))[0] == "* 3 FETCH (UID 4)"


async def test_more_than_one_write_s_worth_is_moved_whole(world: World) -> None:
    talk, validity = await _open(world)
    for _ in range(9):
        await talk.do("COPY 1:* INBOX")
    moved = await talk.do("MOVE 1:* Archive")
    assert moved[0] == f"* OK [COPYUID {validity} 1:1536 1:1536] Moved"
    assert len(moved) == 2 + 1536


async def test_fetch_to_the_end_after_another_session_moved_the_last(world: World) -> None:
    talk, _ = await _open(world)
    other = await sign_in(world)
    await other.do("MOVE 3 Archive")
    assert await talk.do("UID FETCH 3:* FLAGS") == [
        "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))",
        "* 3 EXPUNGE",
        "OK FETCH completed",
    ]


async def test_those_that_went_meanwhile_are_said_to_have_gone(world: World) -> None:
    talk, validity = await _open(world)
    other = await sign_in(world)
    await other.do("MOVE 1 Archive")
    assert await talk.do("MOVE 1:2 Archive") == [
        f"* OK [COPYUID {validity} 2 2] Moved",
        "* 2 EXPUNGE",
        "* 1 EXPUNGE",
        "OK MOVE completed, but some messages were expunged",
    ]
    assert await talk.do("MOVE 1 Archive") == [
        f"* OK [COPYUID {validity} 3 3] Moved",
        "* 1 EXPUNGE",
        "OK MOVE completed",
    ]
