"""Queued mail that is for boxes here."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.return_path import has_form
from mssmail.journal import Event
from mssmail.policy import expansion
from mssmail.settings import Queue
from mssmail.store.accounts import set_quota
from mssmail.store.aliases import add_targets
from mssmail.store.engine import Connection
from mssmail.store.forwards import set_forward
from mssmail.store.fsck import check_store
from mssmail.store.messages import load_message
from tests.flows.dispatch_room import Room, open_room
from tests.support.operator_room import ALICE, BOB, CAROL, MESSAGE, build_envelope, sign
from tests.support.store import NOW

TEAM, FAR, NOBODY = (parse_address(text) for text in ("team@b.test", "dan@a.test", "nobody@b.test"))
SLOW = Queue(retry_seconds=(3_600,), give_up_seconds=86_400)


async def _change(room: Room, work: Callable[[Connection], object]) -> None:
    await asyncio.wrap_future(room.operator.store.submit(work))


async def _count(room: Room, address: Address) -> int:
    return len(await room.operator.list_inbox(address))


async def test_a_queued_message_gets_its_place_and_its_item_goes_in_one_commit(tmp_path: Path) -> None:
    async with open_room(tmp_path, SLOW) as room:
        await room.put(BOB, CAROL, reverse_path=ALICE)
        await room.start()
        await room.settle()
        assert [await _count(room, each) for each in (BOB, CAROL)] == [1, 1]
        told = await room.read_journal(Event.DELIVERED)
        assert [entry.facts["account"] for entry in told] == ["bob@b.test", "carol@b.test"]
        assert await asyncio.to_thread(check_store, room.operator.store) == []


async def test_aliases_and_forwarding_hold_for_queued_mail_too(tmp_path: Path) -> None:
    async with open_room(tmp_path, SLOW) as room:
        await _change(room, lambda conn: add_targets(conn, TEAM, (BOB, CAROL), NOW))
        await _change(room, lambda conn: set_forward(conn, CAROL, (FAR,), NOW, keeps=True))
        await room.put(TEAM, reverse_path=ALICE)
        await room.start()
        await room.wait_for(Event.DELIVERED, 2)
        assert [await _count(room, each) for each in (BOB, CAROL)] == [1, 1]
        [item] = await room.read_items()
        assert item.recipient == FAR
        assert item.reverse_path is not None
        assert has_form(item.reverse_path)


async def test_a_full_box_is_tried_again_and_one_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    async with open_room(tmp_path, SLOW) as room:
        await _change(room, lambda conn: set_quota(conn, CAROL, 1))
        await room.put(CAROL, NOBODY, reverse_path=BOB)
        await room.start()
        [late] = await room.wait_for(Event.DEFERRED)
        assert str(late.facts["reply"]).startswith("452 4.2.2")
        [lost] = await room.wait_for(Event.BOUNCED)
        assert str(lost.facts["reply"]).startswith("550 5.1.1")
        assert b"Final-Recipient: rfc822; nobody@b.test" in (await room.load_report()).data
        [item] = await room.read_items()
        assert item.recipient == CAROL


async def test_a_queued_alias_of_more_than_there_may_be_waits_and_leaves_nobody_out_unheard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "MAX_ENDS", 1)
    async with open_room(tmp_path, SLOW) as room:
        await _change(room, lambda conn: add_targets(conn, TEAM, (BOB, CAROL), NOW))
        await room.put(TEAM, reverse_path=ALICE)
        await room.start()
        await room.wait_for(Event.DEFERRED)
        [item] = await room.read_items()
        assert (item.recipient, item.last_error) == (TEAM, "the address leads to too many others; make a list of them")
        assert [await _count(room, each) for each in (BOB, CAROL)] == [0, 0]


async def test_a_full_box_behind_a_queued_alias_waits_alone(tmp_path: Path) -> None:
    async with open_room(tmp_path, SLOW) as room:
        await _change(room, lambda conn: add_targets(conn, TEAM, (BOB, CAROL), NOW))
        await _change(room, lambda conn: set_quota(conn, CAROL, 1))
        await room.put(TEAM, reverse_path=ALICE)
        await room.start()
        await room.wait_for(Event.DEFERRED)
        assert await _count(room, BOB) == 1
        [item] = await room.read_items()
        assert item.recipient == CAROL


async def test_what_was_put_off_is_delivered_when_there_is_room(tmp_path: Path) -> None:
    async with open_room(tmp_path, replace(SLOW, retry_seconds=(0,))) as room:
        await _change(room, lambda conn: set_quota(conn, CAROL, 1))
        await room.put(CAROL, reverse_path=BOB)
        await room.start()
        await room.wait_for(Event.DEFERRED)
        await _change(room, lambda conn: set_quota(conn, CAROL, None))
        await room.settle()
        assert await _count(room, CAROL) == 1


async def test_a_copy_of_mail_sent_on_under_our_reverse_path_has_its_header_whole(tmp_path: Path) -> None:
    """Bug: the fields were put where a Return-Path of another length would have ended."""
    data = sign(MESSAGE, tmp_path)
    async with open_room(tmp_path, replace(SLOW, retry_seconds=(0,))) as room:
        await _change(room, lambda conn: add_targets(conn, TEAM, (CAROL, FAR), NOW))
        await _change(room, lambda conn: set_quota(conn, CAROL, 1))
        assert (await room.operator.receiver.receive(build_envelope(data, TEAM))).code == 250
        await _change(room, lambda conn: set_quota(conn, CAROL, None))
        await _change(room, lambda conn: set_forward(conn, CAROL, (BOB,), NOW, keeps=True))
        await room.start()
        await room.wait_for(Event.DELIVERED, 2)
        [meta] = await room.operator.list_inbox(BOB)
        kept = await asyncio.wrap_future(room.operator.store.read(lambda conn: load_message(conn, meta.message_id)))
        assert kept is not None
        assert kept.prefix.startswith(
            b"Return-Path: <alice@a.test>\r\nDelivered-To: carol@b.test\r\nDelivered-To: team@"
        )
