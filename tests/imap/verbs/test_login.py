"""Signing in by name and password."""

from mssmail.core.envelope import Peer
from mssmail.imap.session import Terms
from mssmail.journal import Event
from mssmail.store.journal import read_entries
from tests.imap.support import PASSWORD, USER, Talk, World


async def test_the_answer_brings_the_capabilities(world: World) -> None:
    talk = Talk(world)
    answer = await talk.do(f'LOGIN {USER} "{PASSWORD}"')
    assert answer[-1].startswith("OK [CAPABILITY IMAP4rev1 ")
    assert talk.session.owner.address == world.anne.address


async def test_the_password_may_be_a_literal_and_the_name_in_any_case(world: World) -> None:
    talk = Talk(world)
    data = f"T LOGIN Anne@A.test {{{len(PASSWORD)}}}\r\n{PASSWORD}\r\n".encode()
    assert b"T OK" in await talk.say(data)


async def test_before_tls_the_password_is_not_even_looked_at(world: World) -> None:
    talk = Talk(world, peer=Peer("192.0.2.1", 1))
    (answer,) = await talk.do(f'LOGIN {USER} "{PASSWORD}"')
    assert answer.startswith("NO [PRIVACYREQUIRED]")
    assert talk.session.account is None


async def test_failures_cost_time_and_in_the_end_the_connection(world: World) -> None:
    talk = Talk(world, terms=Terms(max_failures=2, failure_delay_seconds=7))
    assert await talk.do(f"LOGIN {USER} wrong") == ["NO [AUTHENTICATIONFAILED] Wrong user name or password"]
    assert await talk.do("LOGIN nobody@a.test x") == [
        "* BYE Too many failed sign-ins",
        "NO [AUTHENTICATIONFAILED] Wrong user name or password",
    ]
    assert talk.wire.pauses == [7, 7]
    assert talk.session.has_ended


async def test_both_outcomes_are_in_the_journal_under_the_session_s_id(world: World) -> None:
    talk = Talk(world)
    await talk.do(f"LOGIN {USER} wrong")
    await talk.do(f'LOGIN {USER} "{PASSWORD}"')
    entries = world.store.read(read_entries).result()
    assert [(kept.entry.event, kept.entry.trace_id) for kept in entries] == [
        (Event.SIGN_IN_FAILED, "s1"),
        (Event.SIGNED_IN, "s1"),
    ]
    assert PASSWORD not in repr(entries)


async def test_one_signs_in_once(world: World) -> None:
    talk = Talk(world)
    await talk.do(f'LOGIN {USER} "{PASSWORD}"')
    assert (await talk.do(f'LOGIN {USER} "{PASSWORD}"'))[-1].startswith("BAD [CLIENTBUG]")
