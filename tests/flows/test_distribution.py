"""Where messages go from here: aliases, details, forwarding, loops, full boxes."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.core.return_path import has_form
from mssmail.errors import ConfigError
from mssmail.journal import Event
from mssmail.policy import expansion
from mssmail.store.accounts import remove, set_quota, suspend
from mssmail.store.aliases import add_targets
from mssmail.store.engine import Connection
from mssmail.store.forwards import set_forward
from mssmail.store.messages import KeptMessage, find_by_trace, load_message
from mssmail.store.queue import list_items
from mssmail.store.return_paths import find_return_path
from tests.support.operator_room import ALICE, BOB, CAROL, MESSAGE, Operator, build_envelope, open_operator, sign
from tests.support.store import NOW

TEAM, FAR, FAR2, FAR3 = map(parse_address, ("team@b.test", "dan@a.test", "eve@c.test", "fay@c.test"))


async def _change(operator: Operator, work: Callable[[Connection], object]) -> None:
    await asyncio.wrap_future(operator.store.submit(work))


async def _alias(operator: Operator, address: Address, *targets: Address) -> None:
    await _change(operator, lambda conn: add_targets(conn, address, targets, NOW))


async def _forward(operator: Operator, address: Address, *targets: Address, keeps: bool = True) -> None:
    await _change(operator, lambda conn: set_forward(conn, address, targets, NOW, keeps=keeps))


async def _load_all(operator: Operator, trace_id: str) -> list[KeptMessage]:
    def read(conn: Connection) -> list[KeptMessage]:
        found = (load_message(conn, each) for each in find_by_trace(conn, trace_id))
        return [each for each in found if each is not None]

    return await asyncio.wrap_future(operator.store.read(read))


async def test_an_alias_delivers_here_and_sends_on_under_a_reverse_path_of_ours(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, BOB, CAROL, FAR2)
        envelope = build_envelope(data, TEAM)
        reply = await operator.receiver.receive(envelope)
        assert str(reply) == f"250 2.0.0 {envelope.id}"
        assert [len(await operator.list_inbox(each)) for each in (BOB, CAROL)] == [1, 1]
        assert await operator.list_queue() == ["eve@c.test"]
        assert operator.woken == [1]
        [kept] = await _load_all(operator, envelope.id)
        assert kept.data == data
        assert kept.prefix.startswith(b"Return-Path: <alice@a.test>\r\nDelivered-To: team@b.test\r\n")
        assert kept.relay_prefix.startswith(b"Delivered-To: team@b.test\r\nReceived: from peer.a.test")
        assert b"for <team@b.test>" in kept.relay_prefix.replace(b"\r\n", b"")
        path = kept.reverse_path
        assert path is not None
        assert path.domain == "b.test"
        original = await asyncio.wrap_future(
            operator.store.read(lambda conn: find_return_path(conn, path, envelope.received_at))
        )
        assert original is not None
        assert (original.original.reverse_path, original.original.recipient) == (ALICE, TEAM)
        told = [(entry.event, entry.facts.get("account") or entry.facts.get("recipient"), entry.facts.get("via"))
                for entry in await operator.read_journal(Event.DELIVERED, Event.QUEUED)]  # fmt: skip
        assert told == [
            (Event.DELIVERED, "bob@b.test", ["team@b.test"]),
            (Event.DELIVERED, "carol@b.test", ["team@b.test"]),
            (Event.QUEUED, "eve@c.test", ["team@b.test"]),
        ]


async def test_a_box_named_twice_gets_one_copy_and_nobody_reads_of_the_others(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, BOB, CAROL)
        envelope = build_envelope(data, TEAM, BOB)
        assert (await operator.receiver.receive(envelope)).code == 250
        assert [len(await operator.list_inbox(each)) for each in (BOB, CAROL)] == [1, 1]
        direct, by_team = sorted(await _load_all(operator, envelope.id), key=lambda kept: len(kept.prefix))
        assert b"Delivered-To" not in direct.prefix
        assert b"Delivered-To: team@b.test" in by_team.prefix


@pytest.mark.parametrize("keeps", [True, False])
async def test_an_account_sends_its_mail_on_and_keeps_a_copy_or_not(tmp_path: Path, keeps: bool) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _forward(operator, BOB, FAR, FAR2, keeps=keeps)
        envelope = build_envelope(data, BOB)
        assert (await operator.receiver.receive(envelope)).code == 250
        assert len(await operator.list_inbox(BOB)) == keeps
        assert await operator.list_queue() == ["dan@a.test", "eve@c.test"]
        sent = next(kept for kept in await _load_all(operator, envelope.id) if kept.relay_prefix)
        assert sent.reverse_path is not None
        assert has_form(sent.reverse_path)
        assert sent.relay_prefix.startswith(b"Delivered-To: bob@b.test\r\n")
        assert sent.data == data


async def test_a_message_that_came_by_this_box_already_stays_in_it(tmp_path: Path) -> None:
    data = b"Delivered-To: <BOB@b.test>\r\nDelivered-To: no address\r\n" + sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _forward(operator, BOB, FAR, keeps=False)
        assert (await operator.receiver.receive(build_envelope(data, BOB))).code == 250
        assert len(await operator.list_inbox(BOB)) == 1
        assert await operator.list_queue() == []


async def test_a_message_that_came_by_this_alias_already_is_refused(tmp_path: Path) -> None:
    data = b"Delivered-To: team@b.test\r\n" + sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, FAR)
        reply = await operator.receiver.receive(build_envelope(data, TEAM))
        assert str(reply).startswith("554 5.4.6 ")
        assert await operator.list_queue() == []


async def test_our_own_senders_keep_their_reverse_path_and_the_null_one_stays_null(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, FAR2)
        for path in (CAROL, None):
            envelope = build_envelope(data, TEAM, reverse_path=path)
            await operator.receiver.receive(envelope)
            [kept] = await _load_all(operator, envelope.id)
            assert kept.reverse_path == path


async def test_parameters_go_on_and_reports_will_name_the_address_written_to(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, FAR2)
        asked = {TEAM: RecipientParameters("SUCCESS,FAILURE")}
        envelope = replace(build_envelope(data, TEAM), parameters=MailParameters("HDRS", "Qq1"), asked=asked)
        await operator.receiver.receive(envelope)
        [item] = await asyncio.wrap_future(operator.store.read(list_items))
        assert item.mail == MailParameters("HDRS", "Qq1")
        assert item.parameters == RecipientParameters("SUCCESS,FAILURE", "rfc822;team@b.test")
        kept_orcpt = {TEAM: RecipientParameters("", "rfc822;first@c.test")}
        await operator.receiver.receive(replace(build_envelope(data, TEAM), asked=kept_orcpt))
        item = (await asyncio.wrap_future(operator.store.read(list_items)))[-1]
        assert item.parameters.orcpt == "rfc822;first@c.test"


async def test_an_alias_for_several_is_told_as_expanded_once_and_its_copies_tell_no_success(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, FAR, FAR2)
        await _forward(operator, CAROL, FAR3)
        asked = {TEAM: RecipientParameters("SUCCESS,FAILURE"), CAROL: RecipientParameters("SUCCESS")}
        envelope = replace(build_envelope(sign(MESSAGE, tmp_path), TEAM, CAROL), reverse_path=BOB, asked=asked)
        assert (await operator.receiver.receive(envelope)).code == 250
        items = await asyncio.wrap_future(operator.store.read(list_items))
        told = {str(item.recipient): item.parameters.notify for item in items}
        assert told == {"dan@a.test": "FAILURE", "eve@c.test": "FAILURE", "fay@c.test": "NEVER"}
        ids = [meta.message_id for meta in await operator.list_inbox(BOB)]
        kept = await asyncio.wrap_future(operator.store.read(lambda conn: [load_message(conn, each) for each in ids]))
        said = [re.findall(rb"Final-Recipient: rfc822; (\S+)\r\nAction: (\S+)", each.data) for each in kept if each]
        assert sorted(said) == [[(b"carol@b.test", b"delivered")], [(b"team@b.test", b"expanded")]]


async def test_a_detail_leads_to_the_box_and_is_written_above_the_message(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(data, parse_address("bob+labo@b.test"))
        assert (await operator.receiver.receive(envelope)).code == 250
        assert len(await operator.list_inbox(BOB)) == 1
        assert b"Delivered-To: bob+labo@b.test" in (await operator.load(envelope.id)).prefix


async def test_a_full_box_behind_an_alias_waits_and_holds_nobody_up(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, BOB, CAROL)
        await _change(operator, lambda conn: set_quota(conn, BOB, 10))
        assert (await operator.receiver.receive(build_envelope(data, TEAM))).code == 250
        assert len(await operator.list_inbox(CAROL)) == 1
        assert await operator.list_queue() == ["bob@b.test"]
        told = [(entry.event, *entry.facts.values()) for entry in await operator.read_journal(Event.DELIVERED)]
        assert [entry[1] for entry in told] == ["carol@b.test"]
        [queued] = await operator.read_journal(Event.QUEUED)
        assert queued.facts["recipient"] == "bob@b.test"


async def test_an_alias_of_those_who_have_gone_is_asked_for_again(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, BOB, CAROL)
        await _change(operator, lambda conn: suspend(conn, BOB))
        assert (await operator.receiver.receive(build_envelope(data, TEAM))).code == 250
        await _change(operator, lambda conn: remove(conn, CAROL))
        assert (await operator.receiver.receive(build_envelope(data, TEAM))).code == 451
        assert not (await operator.intake.boxes.find_way(TEAM, ALICE, NOW)).leads_on


async def test_an_alias_of_more_than_there_may_be_leaves_nobody_out_unheard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "MAX_ENDS", 2)  # as when the aliases that it leads to grow later
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, BOB, CAROL, FAR2)
        with pytest.raises(ConfigError, match=r"team@b\.test leads to more than"):
            await operator.receiver.receive(build_envelope(sign(MESSAGE, tmp_path), TEAM))
        assert [len(await operator.list_inbox(each)) for each in (BOB, CAROL)] == [0, 0]
        assert await operator.list_queue() == []


async def test_rcpt_knows_what_leads_on(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await _alias(operator, TEAM, FAR)
        for text, leads_on in (("team@b.test", True), ("bob+x@b.test", True), ("nobody@b.test", False)):
            assert (await operator.intake.boxes.find_way(parse_address(text), ALICE, NOW)).leads_on == leads_on
        await _change(operator, lambda conn: set_quota(conn, BOB, 10))
        assert (await operator.intake.boxes.load_box(BOB, 1_000))[1]
        await _forward(operator, BOB, FAR, keeps=False)
        assert not (await operator.intake.boxes.load_box(BOB, 1_000))[1]


async def test_an_international_alias_is_followed_under_its_own_name(tmp_path: Path) -> None:
    data, alias = sign(MESSAGE, tmp_path), parse_address("équipe@b.test")
    async with open_operator(tmp_path) as operator:
        await _alias(operator, alias, BOB, FAR2)
        assert (await operator.receiver.receive(build_envelope(data, alias))).code == 250
        [item] = await asyncio.wrap_future(operator.store.read(list_items))
        assert item.parameters.original is not None
        assert item.parameters.original.address == "équipe@b.test"
        assert len(await operator.list_inbox(BOB)) == 1
