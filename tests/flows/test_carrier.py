"""What the carrier decides before a server is spoken to; conversations are in ``test_dispatch``."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mssmail.journal import Event
from mssmail.settings import Route
from tests.delivery.scripted_peer import Script
from tests.flows.dispatch_room import ANNE, AT_ONCE, CLEO, open_room
from tests.support.operator_room import CAROL, age

PATIENT = replace(AT_ONCE, retry_seconds=(3_600,))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


async def test_with_a_stale_white_list_nothing_leaves_and_nothing_is_lost(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        room.routes.append(Route("a.test", "127.0.0.1", 9))
        assert room.operator.trust.white_list is not None
        room.operator.trust.white_list = age(room.operator.trust.white_list, 30)
        await room.put(ANNE)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
    assert entry.facts["reply"] == "451 4.7.5 The white list here is not up to date"
    assert "server" not in entry.facts


async def test_mail_for_a_domain_that_became_ours_is_delivered_here(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        await room.put(CAROL)
        await room.start()
        await room.settle()
        assert len(await room.operator.list_inbox(CAROL)) == 1


async def test_a_certificate_of_ours_that_cannot_be_used_makes_mail_wait(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        room.routes.append(Route("*", "127.0.0.1", 9))
        room.operator.settings.relay.key.write_bytes(b"no key")
        await room.put(CLEO)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
    assert "TLS material for deliveries cannot be used" in str(entry.facts["reason"])


async def test_how_much_a_server_takes_is_remembered_for_those_who_submit(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        await room.add_peer("a.test", Script(keywords=(b"PIPELINING", b"SIZE 12345")))
        await room.put(ANNE)
        dispatcher = await room.start()
        assert dispatcher.sizes.find("a.test") is None
        await room.settle()
        assert dispatcher.sizes.find("a.test") == 12_345
