"""Changing flags."""

import pytest

from mssmail.imap.verbs import store
from tests.imap.support import MESSAGE, Talk, World, build_message, sign_in


@pytest.fixture
async def talk(world: World) -> Talk:
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject))
    first = await sign_in(world)
    await first.do("UNSELECT")  # takes \Recent away
    return await sign_in(world)


async def test_adds_removes_and_replaces(talk: Talk) -> None:
    assert await talk.do("STORE 1:2 FLAGS (\\Seen \\Draft)") == [
        "* 1 FETCH (FLAGS (\\Draft \\Seen))",
        "* 2 FETCH (FLAGS (\\Draft \\Seen))",
        "OK STORE completed",
    ]
    assert (await talk.do("STORE 1 +FLAGS (\\Flagged)"))[0] == "* 1 FETCH (FLAGS (\\Draft \\Flagged \\Seen))"
    assert (await talk.do("STORE 1 -FLAGS (\\Draft)"))[0] == "* 1 FETCH (FLAGS (\\Flagged \\Seen))"


async def test_many_are_told_in_portions(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PORTION", 2)
    assert await talk.do("STORE 1:3 +FLAGS (\\Seen)") == [
        *(f"* {number} FETCH (FLAGS (\\Seen))" for number in (1, 2, 3)),
        "OK STORE completed",
    ]
    assert talk.wire.pauses == [0, 0]  # others have their turn between


async def test_uid_store_answers_with_the_uid_first(talk: Talk) -> None:
    assert await talk.do("UID STORE 3 +FLAGS (\\Seen)") == [
        "* 3 FETCH (UID 3 FLAGS (\\Seen))",
        "OK STORE completed",
    ]


async def test_silent_says_nothing_even_with_the_news(talk: Talk) -> None:
    assert await talk.do("STORE 1 +FLAGS.SILENT (\\Seen)") == ["OK STORE completed"]
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_silent_does_not_swallow_what_others_changed(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await other.do("STORE 1 +FLAGS (\\Flagged)")
    assert await talk.do("STORE 1 +FLAGS.SILENT (\\Seen)") == [
        "* 1 FETCH (FLAGS (\\Flagged \\Seen))",  # as it is now: the client takes its own change for done
        "OK STORE completed",
    ]
    assert await talk.do("STORE 1 -FLAGS.SILENT (\\Seen)") == ["OK STORE completed"]
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_a_keyword_of_others_is_told_before_it_occurs(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await other.do("STORE 1 +FLAGS ($Theirs)")
    answer = await talk.do("STORE 1 +FLAGS (\\Seen)")
    assert answer[0].startswith("* FLAGS (")
    assert "$Theirs" in answer[0]
    assert answer[1] == "* 1 FETCH (FLAGS ($Theirs \\Seen))"


async def test_a_new_keyword_is_told_before_it_is_used(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    answer = await talk.do("STORE 1 +FLAGS ($Later)")
    assert "$Later" in answer[0]
    assert answer[0].startswith("* FLAGS (")
    assert answer[1] == "* 1 FETCH (FLAGS ($Later))"
    heard = await other.do("NOOP")
    assert heard[0].startswith("* FLAGS (")
    assert heard[1] == "* 1 FETCH (UID 1 FLAGS ($Later))"


async def test_another_session_hears_of_it_once(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await talk.do("STORE 2 +FLAGS (\\Answered)")
    assert await other.do("NOOP") == ["* 2 FETCH (UID 2 FLAGS (\\Answered))", "OK NOOP completed"]
    assert await other.do("NOOP") == ["OK NOOP completed"]


async def test_messages_that_have_gone_are_told_of_and_no_failure(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await other.do("STORE 2 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert await talk.do("STORE 1:3 +FLAGS (\\Seen)") == [
        "* 1 FETCH (FLAGS (\\Seen))",
        "* 3 FETCH (FLAGS (\\Seen))",
        "OK [EXPUNGEISSUED] STORE completed, but some messages were expunged",
    ]
    assert await talk.do("UID STORE 77 +FLAGS (\\Seen)") == ["* 2 EXPUNGE", "OK STORE completed"]


async def test_the_server_s_own_flag_and_unknown_ones_cannot_be_set(talk: Talk) -> None:
    for flag in ("\\Recent", "\\Nonsense"):
        assert (await talk.do(f"STORE 1 +FLAGS ({flag})"))[-1].startswith("BAD")


async def test_what_changed_meanwhile_stays_as_it_is(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await other.do("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert await talk.do("UID STORE 1:3 (UNCHANGEDSINCE 4) +FLAGS (\\Seen)") == [
        "* OK [HIGHESTMODSEQ 4] From here on",
        "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (6))",
        "* 3 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (6))",
        "* 2 FETCH (UID 2 FLAGS (\\Flagged) MODSEQ (5))",
        "OK [MODIFIED 2] STORE completed but for what changed meanwhile",
    ]


async def test_what_went_meanwhile_is_not_called_modified(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await other.do("STORE 2 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    answer = await talk.do("STORE 2:3 (UNCHANGEDSINCE 4) +FLAGS.SILENT (\\Seen)")
    assert answer[-1] == "OK [EXPUNGEISSUED] STORE completed, but some messages were expunged"


async def test_a_keyword_of_another_session_is_announced_before_the_answer_shows_it(world: World) -> None:
    world.deliver()
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("STORE 1 +FLAGS (theirs)")
    told = await talk.do("STORE 1 +FLAGS (ours)")
    announced = max(place for place, line in enumerate(told) if line.startswith("* FLAGS ("))
    assert "theirs" in told[announced]
    assert "ours" in told[announced]
    assert told[announced + 1].startswith("* 1 FETCH (FLAGS (")
    assert "theirs" in told[announced + 1]


async def test_a_keyword_in_another_case_and_one_taken_away_are_no_new_keywords(world: World) -> None:
    world.deliver(MESSAGE, "INBOX", "later")
    talk = await sign_in(world)
    assert await talk.do("STORE 1 -FLAGS (Never)") == ["* 1 FETCH (FLAGS (\\Recent later))", "OK STORE completed"]
    assert await talk.do("STORE 1 +FLAGS (LATER)") == ["* 1 FETCH (FLAGS (\\Recent later))", "OK STORE completed"]
