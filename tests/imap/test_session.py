"""What a session holds, and what its state follows from."""

import logging

import pytest

from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.mailbox import Changes, ModSeq
from mssmail.imap import session as session_module
from mssmail.imap import view as view_module
from mssmail.imap.session import COMMON_KEYWORDS
from mssmail.imap.states import State
from mssmail.imap.view import View
from tests.imap.support import Talk, World, build_message, sign_in


async def test_the_state_follows_from_what_is_held(world: World) -> None:
    session = Talk(world).session
    states = [session.state]
    session.account = world.anne
    states.append(session.state)
    session.select(View(1, Changes((), (), (), ModSeq(1)), read_only=True), ())
    states.append(session.state)
    session.deselect()
    states.append(session.state)
    session.close()
    states.append(session.state)
    assert states == [
        State.NOT_AUTHENTICATED,
        State.AUTHENTICATED,
        State.SELECTED,
        State.AUTHENTICATED,
        State.LOGOUT,
    ]


async def test_nobody_is_taken_for_somebody(world: World) -> None:
    session = Talk(world).session
    with pytest.raises(RuntimeError):
        _ = session.owner
    with pytest.raises(RuntimeError):
        _ = session.selected


async def test_keywords_are_told_once_and_only_when_new(world: World) -> None:
    talk = await sign_in(world)
    await talk.session.learn_keywords(["\\Seen", *COMMON_KEYWORDS])
    assert b"$New" not in talk.wire.sent
    await talk.session.learn_keywords(["$New"])
    await talk.session.learn_keywords(["$New"])
    assert talk.wire.sent.count(b"$New") == 1
    assert "$New" in talk.session.list_flags()


async def test_the_bell_is_put_away_with_the_mailbox(world: World) -> None:
    talk = await sign_in(world)
    talk.session.listen()
    talk.session.listen()
    assert talk.session.bell is not None
    talk.session.deselect()
    assert talk.session.bell is None


async def test_tls_forgets_what_failed_in_the_clear(world: World) -> None:
    session = Talk(world, peer=Peer("192.0.2.1", 1)).session
    session.failures = 2
    session.begin_tls(TlsFacts("TLSv1.3", "x"))
    assert session.peer.tls == TlsFacts("TLSv1.3", "x")
    assert session.failures == 0


async def test_every_line_of_the_log_bears_the_session_s_id(world: World, caplog: pytest.LogCaptureFixture) -> None:
    talk = await sign_in(world)
    with caplog.at_level(logging.INFO, "mssmail.imap"):
        talk.session.note("something", uid=7)
    (record,) = caplog.records
    facts = record.__dict__
    assert (facts["id"], facts["client"], facts["account"], facts["uid"]) == ("s1", "192.0.2.1", "anne@a.test", 7)


@pytest.mark.parametrize("held", [1, 100])  # more changes of flags than this are not held while the client reads
async def test_much_news_is_told_in_portions_and_others_have_their_turn(
    world: World, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    for number in range(3):
        world.deliver(build_message(str(number)))
    talk, other = await sign_in(world), await sign_in(world)
    monkeypatch.setattr(view_module, "PORTION", 1)
    monkeypatch.setattr(session_module, "_MOST_HELD", held)
    await other.do("STORE 1:3 +FLAGS.SILENT (\\Seen)")
    world.deliver(build_message("new"))
    assert await talk.do("NOOP") == [
        "* 4 EXISTS",
        "* 4 RECENT",
        *(f"* {number} FETCH (UID {number} FLAGS (\\Recent \\Seen))" for number in (1, 2, 3)),
        "OK NOOP completed",
    ]
    assert set(talk.wire.pauses) == {0}
    assert await talk.do("NOOP") == ["OK NOOP completed"]
