"""HIGHESTMODSEQ while something is kept from a client, which may lose the connection any moment (RFC 7162 §3.2, §6)."""

import pytest

from mssmail.errors import StoreUnavailable
from tests.imap.support import Talk, World, build_message, sign_in


@pytest.fixture
async def talk(world: World) -> Talk:
    for number in range(4):
        world.deliver(build_message(f"m{number}"))
    first = await sign_in(world)
    await first.do("UNSELECT")  # takes \\Recent away
    talk = await sign_in(world, select="")
    await talk.do("ENABLE QRESYNC")
    await talk.do("SELECT INBOX")
    return talk


def _clock(modseq: int) -> str:
    return f"* OK [HIGHESTMODSEQ {modseq}] You have heard all up to here"


async def _expunge(world: World, number: int, then: str = "NOOP") -> None:
    other = await sign_in(world)
    await other.do(f"STORE {number} +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    await other.do(then)


async def test_modseqs_beyond_an_expunge_that_waits_are_taken_back(world: World, talk: Talk) -> None:
    await _expunge(world, 4, then="STORE 1 +FLAGS (\\Flagged)")
    assert await talk.do("STORE 2 +FLAGS.SILENT (\\Answered)") == [
        "* 2 FETCH (UID 2 MODSEQ (9))",
        "* 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (8))",
        _clock(5),
        "OK STORE completed",
    ]
    assert await talk.do("FETCH 1 (FLAGS)") == [
        "* 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (8))",
        _clock(5),
        "OK FETCH completed",
    ]
    assert await talk.do("NOOP") == ["* VANISHED 4", _clock(9), "OK NOOP completed"]
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_a_client_that_comes_back_with_that_clock_hears_of_the_expunge(world: World, talk: Talk) -> None:
    validity = (await talk.do("STATUS INBOX (UIDVALIDITY)"))[0].split()[-1].rstrip(")")
    await _expunge(world, 4)
    told = await talk.do("STORE 2 +FLAGS.SILENT (\\Answered)")
    assert told[-2] == _clock(5)
    back = await sign_in(world, select="")
    await back.do("ENABLE QRESYNC")
    assert "* VANISHED (EARLIER) 4" in await back.do(f"SELECT INBOX (QRESYNC ({validity} 5))")


async def test_the_end_of_idle_s_silence_brings_the_clock(world: World, talk: Talk) -> None:
    await _expunge(world, 1)
    await talk.do("FETCH 2 (FLAGS)")
    assert await talk.do("IDLE") == ["+ idling", "* VANISHED 1", _clock(7)]


async def test_who_does_not_count_by_modseq_is_told_nothing(world: World) -> None:
    for number in range(2):
        world.deliver(build_message(f"m{number}"))
    talk = await sign_in(world)
    await _expunge(world, 2)
    assert await talk.do("FETCH 1 (FLAGS)") == ["* 1 FETCH (FLAGS (\\Recent))", "OK FETCH completed"]
    assert await talk.do("NOOP") == ["* 2 EXPUNGE", "OK NOOP completed"]


async def test_who_does_not_want_to_hear_of_flags_keeps_the_clock(world: World, talk: Talk) -> None:
    await talk.do("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))")
    other = await sign_in(world)
    await other.do("STORE 1 +FLAGS (\\Flagged)")
    world.deliver(build_message("new"))
    assert await talk.do("NOOP") == ["* 5 EXISTS", "* 1 RECENT", _clock(5), "OK NOOP completed"]
    assert await talk.do("UID FETCH 5 (UID)") == [
        "* 5 FETCH (UID 5 MODSEQ (7))",
        _clock(5),
        "OK FETCH completed",
    ]


async def test_who_wants_to_hear_of_nothing_keeps_the_clock(world: World, talk: Talk) -> None:
    await talk.do("NOTIFY NONE")
    await _expunge(world, 4)
    assert await talk.do("STORE 1 +FLAGS.SILENT (\\Flagged)") == [
        "* 1 FETCH (UID 1 MODSEQ (8))",
        _clock(5),
        "OK STORE completed",
    ]
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_a_store_that_has_no_news_now_does_not_move_the_clock(
    world: World, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await sign_in(world)
    await other.do("STORE 1 +FLAGS.SILENT (\\Flagged)")

    async def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("no news today")

    with monkeypatch.context() as patch:
        patch.setattr(world.mailboxes, "changes", fail)
        told = await talk.do("STORE 2 +FLAGS.SILENT (\\Answered)")
    assert told == ["* 2 FETCH (UID 2 MODSEQ (7))", _clock(5), "OK STORE completed"]
    assert await talk.do("NOOP") == ["* 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (6))", "OK NOOP completed"]


async def test_vanished_earlier_stands_before_every_fetch(world: World, talk: Talk) -> None:
    await _expunge(world, 4, then="STORE 1 +FLAGS (\\Flagged)")
    world.deliver(build_message("new"))
    await _expunge(world, 4)  # what the client never heard of
    assert await talk.do("UID FETCH 2:* (FLAGS) (CHANGEDSINCE 5 VANISHED)") == [
        "* VANISHED (EARLIER) 5",
        "* 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (8))",
        "* VANISHED 4",
        "OK FETCH completed",
    ]


@pytest.mark.parametrize("command", ["UID SEARCH 1:2", "UID SORT (ARRIVAL) UTF-8 1:2", "UID SEARCH NOT (OR 1 2)"])
async def test_a_uid_search_for_sequence_numbers_keeps_them(world: World, talk: Talk, command: str) -> None:
    """RFC 7162 §3.2.10.2."""
    await _expunge(world, 1)
    assert not any("VANISHED" in line for line in await talk.do(command))
    assert (await talk.do("UID SEARCH UID 2"))[1] == "* VANISHED 1"


async def test_an_annotation_moves_the_clock(world: World, talk: Talk) -> None:
    """RFC 7162 §3.2."""
    assert (await talk.do('SETMETADATA INBOX (/shared/comment "x")'))[-1].startswith("OK")
    assert (await talk.do("STATUS INBOX (HIGHESTMODSEQ)"))[0] == "* STATUS INBOX (HIGHESTMODSEQ 6)"
    assert (await talk.do('SETMETADATA "" (/private/comment "x")'))[-1].startswith("OK")
