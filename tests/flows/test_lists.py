"""A message to a list, from DATA to the last member; moderators; interruptions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import MailList, MemberState, Posting, PostState, Role
from mssmail.errors import WorkerFault
from mssmail.flows.lists import Lister
from mssmail.journal import Event
from mssmail.settings import Lists, Queue
from mssmail.store.list_posts import count_outcomes, decide, list_posts_of
from mssmail.store.lists import set_role
from mssmail.store.messages import load_message
from mssmail.store.queue import list_items
from tests.flows.dispatch_room import Room, open_room, until
from tests.support.mailing import ALERTS, ask, build_list, change, make_list
from tests.support.operator_room import (
    ALICE,
    BOB,
    CAROL,
    MESSAGE,
    Operator,
    build_envelope,
    open_operator,
    sign,
    write_key,
)
from tests.support.store import NOW

FAR = [Address(f"n{number:02}", "a.test") for number in range(7)]
SLOW = Queue(retry_seconds=(3_600,), give_up_seconds=86_400)


def _make_lister(operator: Operator, **more: int) -> Lister:
    settings = replace(operator.settings, lists=Lists(**more))
    return Lister(settings, operator.store, operator.examiner, lambda: None, lambda: datetime.now(UTC))


async def _post(operator: Operator, data: bytes, sender: Address = ALICE) -> str:
    envelope = build_envelope(data, ALERTS, reverse_path=sender)
    assert (await operator.receiver.receive(envelope)).code == 250
    return envelope.id


async def _state(operator: Operator, made: MailList) -> PostState:
    [post] = await ask(operator.store, lambda conn: list_posts_of(conn, made.id))
    return post.state


@asynccontextmanager
async def _open(tmp_path: Path, new: MailList, *members: Address) -> AsyncIterator[tuple[Operator, MailList]]:
    async with open_operator(tmp_path) as operator:
        yield operator, await asyncio.to_thread(make_list, operator.store, new, *members)


async def test_members_get_the_authors_bytes_under_the_lists_fields(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with _open(tmp_path, build_list(posting=Posting.ANYONE), *FAR, BOB) as (operator, _made):
        await _post(operator, data)
        lister = _make_lister(operator)
        assert await lister.step()
        items = await ask(operator.store, list_items)
        assert [str(item.recipient) for item in items] == [*sorted(map(str, FAR)), "bob@b.test"]
        kept = await ask(operator.store, lambda conn: load_message(conn, items[0].message_id))
        assert kept is not None
        assert kept.data == data
        assert kept.relay_prefix.startswith(b'List-Id: "Alertes" <alerts.b.test>\r\n')
        assert b"Delivered-To: alerts@b.test\r\nReceived: from" in kept.relay_prefix
        assert kept.prefix.startswith(f"Return-Path: <{kept.reverse_path}>\r\nList-Id:".encode())
        assert str(kept.reverse_path).startswith("lst-")
        found = await operator.intake.examine(kept.relay_prefix + kept.data, verify=True)
        assert found.verdict.signer is not None
        assert type(found.verdict.summary).__name__ == "Trusted"


@pytest.mark.parametrize("page", [1, 2, 3, 100])
async def test_however_it_is_interrupted_every_member_is_queued_once(tmp_path: Path, page: int) -> None:
    data = sign(MESSAGE, tmp_path)
    async with _open(tmp_path, build_list(posting=Posting.ANYONE), *FAR) as (operator, made):
        await _post(operator, data)
        for _ in range(20):  # each step by another lister, as after a kill
            await _make_lister(operator, page_members=page, max_waiting=100).step()
        items = await ask(operator.store, list_items)
        assert sorted(str(item.recipient) for item in items) == sorted(map(str, FAR))
        assert await _state(operator, made) is PostState.SENDING


async def test_the_queue_is_fed_no_faster_than_it_empties(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with _open(tmp_path, build_list(posting=Posting.ANYONE), *FAR) as (operator, _made):
        await _post(operator, data)
        lister = _make_lister(operator, max_waiting=5, max_waiting_per_domain=3)
        for _ in range(5):
            await lister.step()
        assert len(await operator.list_queue()) == 3


async def test_from_data_to_the_last_member_and_the_report(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_room(tmp_path, SLOW) as room:
        operator = room.operator
        made = await asyncio.to_thread(
            make_list, operator.store, build_list(posting=Posting.ANYONE), BOB, CAROL, parse_address("nobody@b.test")
        )
        await _post(operator, data)
        dispatcher = await room.start()
        lister = Lister(
            operator.settings, operator.store, operator.examiner, dispatcher.wake, lambda: datetime.now(UTC)
        )
        await lister.start()
        try:
            await _wait_until_done(room, made)
        finally:
            await lister.stop()
        [post] = await ask(operator.store, lambda conn: list_posts_of(conn, made.id))
        numbers = await ask(operator.store, lambda conn: count_outcomes(conn, post.id))
        assert (numbers[MemberState.DELIVERED], numbers[MemberState.FAILED]) == (2, 1)
        assert len(await operator.list_inbox(BOB)) == 1
        assert await room.read_journal(Event.BOUNCED) != []  # and nobody is written to about it: it is in the report
        assert len(await operator.list_inbox(CAROL)) == 1


async def _wait_until_done(room: Room, made: MailList) -> None:
    async def is_done() -> bool:
        return await _state(room.operator, made) is PostState.DONE

    await until(is_done)


@pytest.mark.parametrize(
    ("moderated", "vouched", "state"),
    [(False, True, PostState.EXPANDING), (True, True, PostState.HELD), (False, False, PostState.HELD)],
)
async def test_what_nobody_vouches_for_or_is_moderated_waits(
    tmp_path: Path, moderated: bool, vouched: bool, state: PostState
) -> None:
    data = sign(MESSAGE, tmp_path) if vouched else MESSAGE
    address = parse_address("alerts@v.test")  # a domain that takes unsigned mail
    new = build_list(posting=Posting.ANYONE, moderated=moderated, address=address)
    async with _open(tmp_path, new, *FAR) as (operator, made):
        assert (await operator.receiver.receive(build_envelope(data, address))).code == 250
        assert await _state(operator, made) is state


async def test_moderators_are_asked_once_and_the_author_hears_of_a_rejection(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    write_key(tmp_path, "domain-signing-authority@b.test")
    async with _open(tmp_path, build_list(posting=Posting.ANYONE, moderated=True), *FAR) as (operator, made):
        await change(operator.store, lambda conn: set_role(conn, made.id, Role.MODERATOR, CAROL, granted=True))
        await _post(operator, data)
        lister = _make_lister(operator)
        for _ in range(3):
            assert not await lister.step()
        [item] = await ask(operator.store, list_items)
        assert item.recipient == CAROL
        question = await ask(operator.store, lambda conn: load_message(conn, item.message_id))
        assert question is not None
        assert question.summary == "trusted"
        assert b"Reply-To: mod-" in question.data
        assert b"Auto-Submitted: auto-replied" in question.data
        [post] = await ask(operator.store, lambda conn: list_posts_of(conn, made.id))
        await change(operator.store, lambda conn: decide(conn, post.id, PostState.REJECTED, "carol@b.test", NOW))
        for _ in range(3):
            await lister.step()
        assert await operator.list_queue() == ["carol@b.test", "alice@a.test"]


async def test_without_moderators_the_owner_is_asked(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with _open(tmp_path, build_list(posting=Posting.ANYONE, moderated=True), *FAR) as (operator, _made):
        await _post(operator, data)
        await _make_lister(operator).step()
        assert await operator.list_queue() == ["bob@b.test"]


async def test_what_cannot_be_examined_now_is_asked_later(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with _open(tmp_path, build_list(posting=Posting.ANYONE, moderated=True), *FAR) as (operator, _made):
        await _post(operator, data)
        operator.examiner.fault = WorkerFault("busy")
        await _make_lister(operator).step()
        assert await operator.list_queue() == []
        operator.examiner.fault = None
        await _make_lister(operator).step()
        assert await operator.list_queue() == ["bob@b.test"]


async def test_a_lister_that_meets_a_fault_goes_on(tmp_path: Path) -> None:
    async with _open(tmp_path, build_list()) as (operator, _made):
        lister = _make_lister(operator)
        await asyncio.to_thread(operator.store.close)
        await lister.start()
        lister.wake()
        await lister.stop()
        await _make_lister(operator).stop()  # one that never began
