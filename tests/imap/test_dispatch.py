"""From octets to answers: order, faults, limits, and what follows a command."""

import logging
import typing

import pytest

from mssmail.core.envelope import Peer
from mssmail.errors import StoreUnavailable
from mssmail.imap.dispatch import MAX_MISTAKES, VERBS, greet
from mssmail.imap.wire import commands as c
from tests.imap.support import Talk, World, sign_in


def test_every_command_has_its_verb() -> None:
    assert set(VERBS) | {c.Unparsable} == set(typing.get_args(c.CommandBody))


async def test_the_greeting_brings_the_capabilities(world: World) -> None:
    talk = Talk(world, peer=Peer("192.0.2.1", 1))
    await greet(talk.session)
    assert talk.wire.sent.startswith(b"* OK [CAPABILITY IMAP4rev1 ")
    assert talk.wire.sent.endswith(b" STARTTLS LOGINDISABLED] mssmail is ready\r\n")


async def test_pipelined_commands_are_answered_in_order(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    answer = await talk.say(b"a FETCH 1 FLAGS\r\nb STATUS INBOX (MESSAGES)\r\nc NOOP\r\nd UID SEARCH ALL\r\n")
    tagged = [line.split()[0] for line in answer.splitlines() if not line.startswith(b"*")]
    assert tagged == [b"a", b"b", b"c", b"d"]


async def test_a_literal_is_asked_for_when_it_is_awaited(world: World) -> None:
    talk = Talk(world)
    assert (await talk.say(b"a LOGIN {4}\r\n")).startswith(b"+ ")
    assert (await talk.say(b"nope {1}\r\n")).startswith(b"+ ")
    assert (await talk.say(b"x\r\n")).startswith(b"a NO [AUTHENTICATIONFAILED]")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"a NOSUCH\r\n", b"a BAD There is no such command\r\n"),
        (b"a SELECT\r\n", b"a BAD This command does not parse\r\n"),
        (b"a SELECT INBOX\r\n", b"a BAD [CLIENTBUG] This command is not for this state\r\n"),
        (b"\r\n", b"* BAD This command does not parse\r\n"),
        (b"GET / HTTP/1.1\r\n", b"GET BAD This command does not parse\r\n"),
        (b"a NOOP\n\r\n", b"a BAD Lines end in CRLF and hold neither CR nor LF\r\n"),
        (b"a LOGIN x {9999999}\r\n", b"a NO [TOOBIG] The command is too large\r\n"),
    ],
)
async def test_mistakes_are_answered_and_the_session_goes_on(world: World, line: bytes, answer: bytes) -> None:
    talk = Talk(world)
    assert await talk.say(line) == answer
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_an_oversized_literal_that_comes_unasked_is_read_past(world: World) -> None:
    talk = Talk(world)
    assert await talk.say(b"a LOGIN x {9000+}\r\n" + b"y" * 9_000 + b"\r\nb NOOP\r\n") == (
        b"a NO [TOOBIG] The command is too large\r\nb OK NOOP completed\r\n"
    )


async def test_too_much_to_read_past_ends_the_connection(world: World) -> None:
    talk = Talk(world)
    assert (await talk.say(b"a LOGIN x {99999999+}\r\n" + b"y" * 200_000)).startswith(b"* BYE [TOOBIG] ")
    assert talk.session.has_ended


async def test_whoever_only_makes_mistakes_is_dismissed(world: World) -> None:
    talk = Talk(world)
    answer = await talk.say(b"GET / HTTP/1.1\r\n" * (MAX_MISTAKES + 3))
    assert answer.endswith(b"* BYE Too many mistakes\r\n")
    assert talk.session.has_ended


async def test_a_good_command_wipes_out_the_mistakes_before_it(world: World) -> None:
    talk = Talk(world)
    for _ in range(MAX_MISTAKES):
        await talk.say(b"x\r\nb NOOP\r\n")
    assert not talk.session.has_ended


async def test_a_bug_of_ours_is_answered_with_its_incident_and_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    talk = await sign_in(world)
    talk.session.store = None  # type: ignore[assignment]
    with caplog.at_level(logging.ERROR, "mssmail.imap"):
        (answer,) = await talk.do("CREATE x")
    assert answer.startswith("NO [SERVERBUG] Something went wrong here; it is incident ")
    (record,) = [record for record in caplog.records if record.message == "failed"]
    assert record.__dict__["incident"] in answer
    assert record.exc_info is not None
    assert "AttributeError" not in answer


async def test_a_store_that_cannot_answer_is_said_so_and_what_was_done_stays_done(world: World) -> None:
    talk = await sign_in(world)
    world.store.close()
    assert await talk.do("STATUS INBOX (MESSAGES)") == ["NO [UNAVAILABLE] The mailboxes cannot be reached now"]
    assert await talk.do("NOOP") == ["OK NOOP completed"]
    with pytest.raises(StoreUnavailable):
        await talk.session.catch_up(may_expunge=True)


async def test_nothing_follows_a_logout(world: World) -> None:
    talk = await sign_in(world)
    world.deliver()
    assert await talk.do("LOGOUT") == ["* BYE Signing out", "OK LOGOUT completed"]


@pytest.mark.parametrize("command", ["FETCH 1 UID", "STORE 1 FLAGS ()", "SEARCH ALL"])
async def test_numbers_do_not_move_while_commands_count_by_them(world: World, command: str) -> None:
    for _ in range(2):
        world.deliver()
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("STORE 2 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert "* 2 EXPUNGE" not in await talk.do(command)
    assert "* 2 EXPUNGE" in await talk.do("UID FETCH 1 UID")
