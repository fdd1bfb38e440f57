"""What the carrier decides before a server is spoken to; conversations are in ``test_dispatch``."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.queue import QueueItem, QueueState
from mssmail.flows.carrier import group_items
from mssmail.journal import Event
from mssmail.settings import Route
from tests.flows.dispatch_room import ANNE, AT_ONCE, CLEO, open_room
from tests.support.operator_room import CAROL, age

PATIENT = replace(AT_ONCE, retry_seconds=(3_600,))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def _item(id: int, message_id: int) -> QueueItem:
    recipient = parse_address(f"r{id}@a.test")
    return QueueItem(id, "trace", message_id, None, recipient, QueueState.SENDING, 1, NOW, NOW)


def test_items_are_grouped_by_message_in_the_order_they_came() -> None:
    groups = group_items([_item(1, 7), _item(2, 5), _item(3, 7)])
    assert [[item.id for item in group] for group in groups] == [[1, 3], [2]]


@pytest.mark.parametrize(("number", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_no_group_is_larger_than_a_transaction_may_be(number: int, sizes: list[int]) -> None:
    assert [len(group) for group in group_items(_item(id, 1) for id in range(number))] == sizes


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
