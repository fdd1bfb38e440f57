"""A message reaches a list."""

import asyncio
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.lists import Posting, PostState
from mssmail.journal import Event
from mssmail.store.aliases import add_targets
from tests.support.mailing import ALERTS, ask, build_list, change, list_of_posts, make_list
from tests.support.operator_room import ALICE, BOB, CAROL, MESSAGE, build_envelope, open_operator, sign
from tests.support.store import NOW

TEAM = parse_address("team@b.test")


async def test_a_list_and_a_box_may_be_written_to_at_once_and_by_an_alias(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        made = await asyncio.to_thread(make_list, operator.store, build_list(posting=Posting.ANYONE))
        await change(operator.store, lambda conn: add_targets(conn, TEAM, (ALERTS, CAROL), NOW))
        envelope = build_envelope(data, TEAM, BOB)
        assert (await operator.receiver.receive(envelope)).code == 250
        [post] = await list_of_posts(operator.store, made.id)
        assert (post.state, post.author, post.subject) == (PostState.EXPANDING, "alice@a.test", "hello")
        assert post.trace_id == envelope.id
        assert [len(await operator.list_inbox(each)) for each in (BOB, CAROL)] == [1, 1]
        [entry] = [each for each in await operator.read_journal(Event.QUEUED) if "list" in each.facts]
        assert entry.facts["publication"] == "publish"


async def test_mail_that_came_by_the_list_already_does_not_come_again(tmp_path: Path) -> None:
    data = b"List-Id: Alertes <Alerts.B.test>\r\n" + sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        made = await asyncio.to_thread(make_list, operator.store, build_list(posting=Posting.ANYONE))
        reply = await operator.receiver.receive(build_envelope(data, ALERTS))
        assert str(reply).startswith("554 5.4.6")
        assert await list_of_posts(operator.store, made.id) == []


async def test_automatic_answers_are_dropped_and_written_down(tmp_path: Path) -> None:
    data = b"Auto-Submitted: auto-replied (vacation)\r\n" + sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        made = await asyncio.to_thread(make_list, operator.store, build_list(posting=Posting.ANYONE))
        assert (await operator.receiver.receive(build_envelope(data, ALERTS))).code == 250
        assert await list_of_posts(operator.store, made.id) == []
        [entry] = await operator.read_journal(Event.REFUSED)
        assert entry.facts["publication"] == "drop"


@pytest.mark.parametrize(
    ("posting", "sender", "answer"),
    [
        (Posting.ANYONE, ALICE, "taken"),
        (Posting.CLOSED, ALICE, "550 5.7.2"),
        (Posting.CLOSED, BOB, "taken"),
        (Posting.MEMBERS, ALICE, "taken"),
        (Posting.MEMBERS, CAROL, "550 5.7.2"),
        (Posting.ANYONE, None, "550 5.7.2"),
    ],
)
async def test_rcpt_knows_who_may_write(tmp_path: Path, posting: Posting, sender: object, answer: str) -> None:
    async with open_operator(tmp_path) as operator:
        await asyncio.to_thread(make_list, operator.store, build_list(posting=posting), ALICE)
        way = await operator.intake.boxes.find_way(ALERTS, sender, NOW)  # type: ignore[arg-type]
        assert way.leads_on
        assert ("taken" if way.refusal is None else str(way.refusal.reply)).startswith(answer)
        assert not await ask(operator.store, lambda conn: operator.intake.distributor.expand(conn, TEAM).ends)


async def test_who_serves_lists_is_woken_by_their_mail_and_by_no_other(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await asyncio.to_thread(make_list, operator.store, build_list(posting=Posting.ANYONE))
        woken: list[int] = []
        operator.intake.followers.append(lambda: woken.append(1))
        assert (await operator.receiver.receive(build_envelope(data, BOB))).code == 250
        assert woken == []
        assert (await operator.receiver.receive(build_envelope(data, ALERTS))).code == 250
        assert woken == [1]
