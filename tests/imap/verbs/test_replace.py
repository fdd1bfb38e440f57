"""A draft's next version in the place of the one before (RFC 8508)."""

import pytest

from mssmail.store.accounts import set_quota
from tests.imap.support import PREFIX, Talk, World, build_message, sign_in


@pytest.fixture
async def talk(world: World) -> Talk:
    talk = await sign_in(world, select="")
    for subject in ("one", "two", "three"):
        await talk.append("Drafts", build_message(subject), "(\\Draft)")
    await talk.do("SELECT Drafts")
    return talk


async def _replace(talk: Talk, words: str, subject: str = "again") -> list[str]:
    data = build_message(subject)
    head = f"T {words} (\\Draft \\Seen) {{{len(data)}+}}\r\n".encode()
    return [line.removeprefix("T ") for line in (await talk.say(head + data + b"\r\n")).decode().splitlines()]


@pytest.mark.parametrize("words", ["REPLACE 2 Drafts", "UID REPLACE 2 Drafts"])
async def test_the_old_one_goes_as_the_new_one_comes(talk: Talk, words: str) -> None:
    answer = await _replace(talk, words)
    assert answer[0].startswith("* OK [APPENDUID ")
    assert answer[0].endswith(" 4] The replacement is kept")
    assert "* 2 EXPUNGE" in answer
    assert "* 3 EXISTS" in answer
    assert answer[-1].endswith("OK REPLACE completed")
    assert (await talk.do("FETCH 3 (UID FLAGS)"))[0] == "* 3 FETCH (UID 4 FLAGS (\\Draft \\Recent \\Seen))"
    assert (await talk.do("SEARCH SUBJECT two"))[0] == "* SEARCH"


async def test_the_last_one_may_be_named_by_a_star(talk: Talk) -> None:
    assert "* 3 EXPUNGE" in await _replace(talk, "REPLACE * Drafts")


async def test_the_new_one_may_go_elsewhere(talk: Talk) -> None:
    answer = await _replace(talk, "UID REPLACE 1 Sent")
    assert "* 1 EXPUNGE" in answer
    assert not any("EXISTS" in line for line in answer)
    assert "MESSAGES 1" in (await talk.do("STATUS Sent (MESSAGES)"))[0]


async def test_what_fails_removes_nothing(world: World, talk: Talk) -> None:
    assert (await _replace(talk, "REPLACE 1 nowhere"))[-1].startswith("NO [TRYCREATE]")
    assert (await _replace(talk, "UID REPLACE 9 Drafts"))[-1].startswith("NO [NONEXISTENT]")
    assert (await _replace(talk, "REPLACE 9 Drafts"))[-1].startswith("BAD")
    held = 3 * len(build_message("three"))
    world.store.submit(lambda conn: set_quota(conn, world.anne.address, held + 4)).result()
    assert (await _replace(talk, "REPLACE 1 Drafts", "x" * 200))[-1].startswith("NO [OVERQUOTA]")
    assert (await talk.do("SEARCH ALL"))[0] == "* SEARCH 1 2 3"
    assert (await _replace(talk, "REPLACE 1 Drafts"))[-1] == "OK REPLACE completed"  # its room is the new one's


async def test_a_message_that_another_session_removed_is_not_replaced(world: World, talk: Talk) -> None:
    other = await sign_in(world, select="Drafts")
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    answer = await _replace(talk, "REPLACE 1 Drafts")
    assert answer[-1].startswith("NO [NONEXISTENT]")
    assert (await talk.do("STATUS Drafts (MESSAGES)"))[0] == "* STATUS Drafts (MESSAGES 2)"


async def test_a_mailbox_that_may_only_be_read_stays(talk: Talk) -> None:
    await talk.do("EXAMINE Drafts")
    assert (await _replace(talk, "REPLACE 1 Drafts"))[-1].startswith("NO [NOPERM]")


async def test_a_received_message_can_be_replaced_too(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    await _replace(talk, "REPLACE 1 INBOX")
    assert PREFIX not in await talk.say(b"T FETCH 1 BODY.PEEK[]\r\n")
