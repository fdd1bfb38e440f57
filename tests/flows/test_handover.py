"""Several servers for one domain: order of preference, what falls through, and what must not."""

from dataclasses import replace
from pathlib import Path

from mssmail.journal import Event
from mssmail.settings import Endpoint, Route
from tests.delivery.scripted_peer import Script, ScriptedPeer
from tests.flows.dispatch_room import ANNE, ARTHUR, AT_ONCE, Room, open_room

PATIENT = replace(AT_ONCE, retry_seconds=(3_600,))


async def _add_peers(room: Room, *scripts: Script) -> list[ScriptedPeer]:
    """Servers of a.test in this order of preference."""
    peers = [await room.add_peer("a.test", script) for script in scripts]
    ports = [route.port for route in room.routes]
    further = tuple(Endpoint("127.0.0.1", port) for port in ports[1:])
    room.routes[:] = [Route("a.test", "127.0.0.1", ports[0], further)]
    return peers


async def test_the_preferred_server_gets_it_and_the_others_are_not_even_met(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        first, second = await _add_peers(room, Script(), Script())
        data = await room.put(ANNE)
        await room.start()
        await room.settle()
    assert (first.messages, second.sessions) == ([data], 0)


async def test_a_server_that_cannot_be_met_is_passed_by(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        busy, plain, good = await _add_peers(
            room, Script(greeting=b"421 4.3.2 busy\r\n"), Script(starttls=False), Script()
        )
        for number in range(3):
            await room.put(ANNE, text=f"message {number}")
        await room.start()
        await room.settle()
        assert await room.read_journal(Event.DEFERRED) == []
    assert (busy.sessions, plain.sessions, good.sessions, len(good.messages)) == (1, 1, 1, 3)


async def test_what_one_server_puts_off_the_next_is_offered(tmp_path: Path) -> None:
    script = Script(answers={b"RCPT": [b"250 ok\r\n", b"451 4.3.0 not this one\r\n"]})
    async with open_room(tmp_path, PATIENT) as room:
        first, second = await _add_peers(room, script, Script())
        data = await room.put(ANNE, ARTHUR)
        await room.start()
        await room.settle()
        assert len(await room.read_journal(Event.RELAYED)) == 2
    assert (first.messages, second.messages) == ([data], [data])
    assert [command for command in second.commands if command.startswith(b"RCPT")] == [b"RCPT TO:<arthur@a.test>"]


async def test_a_final_refusal_is_final_whatever_another_server_would_say(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        _, second = await _add_peers(room, Script(answers={b"MAIL": [b"550 5.7.1 no\r\n"]}), Script())
        await room.put(ANNE)
        await room.start()
        await room.settle()
        assert len(await room.read_journal(Event.BOUNCED)) == 1
    assert second.sessions == 0


async def test_what_broke_at_the_end_of_data_is_not_offered_elsewhere(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        first, second = await _add_peers(room, Script(answers={b".": [None]}), Script())
        await room.put(ANNE)
        await room.start()
        await room.wait_for(Event.DEFERRED)
    assert (len(first.messages), second.sessions) == (1, 0)


async def test_no_more_than_two_servers_hear_of_one_message_in_one_attempt(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peers = await _add_peers(room, *(Script(answers={b"MAIL": [b"451 4.3.0 later\r\n"]}) for _ in range(3)))
        await room.put(ANNE)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
    assert [peer.sessions for peer in peers] == [1, 1, 0]
    assert entry.facts["rule"] == "refused-for-now"
