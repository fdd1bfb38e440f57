"""A certificate whose status is not known is asked about once, then judged again."""

from dataclasses import replace
from pathlib import Path

from mssmail.journal import Event
from tests.delivery.scripted_peer import Script
from tests.flows.dispatch_room import ANNE, AT_ONCE, open_room
from tests.support.operator_room import build_store

PATIENT = replace(AT_ONCE, retry_seconds=(3_600,))


async def test_what_was_missing_is_fetched_and_the_peer_met_again(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        trust = room.operator.trust
        trust.store, trust.found = build_store(crls=False), [build_store()]
        peer = await room.add_peer("a.test", Script())
        data = await room.put(ANNE)
        await room.start()
        await room.settle()
    assert (peer.messages, peer.sessions, len(trust.asked)) == ([data], 2, 1)


async def test_what_stays_unknown_makes_mail_wait(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        room.operator.trust.store = build_store(crls=False)
        peer = await room.add_peer("a.test", Script())
        await room.put(ANNE)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
    assert "peer-revocation-unknown" in str(entry.facts["reason"])
    assert (peer.sessions, peer.commands) == (1, [])
