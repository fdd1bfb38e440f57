"""A campaign is sent row by row, each settled in the transaction that takes its message."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.campaign import CampaignRow, RowState
from mssmail.delivery.merge import Letterhead, build_letter, parse_rows, parse_template
from mssmail.errors import StoreUnavailable, WorkerFault
from mssmail.flows import campaigns
from mssmail.flows.campaigns import CampaignSender
from mssmail.flows.intake import Also
from mssmail.settings import Patient
from mssmail.store.accounts import remove, suspend
from mssmail.store.campaigns import add_rows, find_campaign, list_rows, open_campaign
from tests.support.operator_room import BOB, Operator, age, build_settings, open_operator, write_key

ALICE, PAUL = parse_address("279035121518989@a.test"), parse_address("179032a21518933@a.test")
TEMPLATE = b"To: {{ins}}@a.test\nSubject: Rappel\n\nBonjour {{nom}}.\n"
CSV = b"ins;nom\n279035121518989;Alice\n179032A21518933;Paul\n"


def _make_sender(operator: Operator) -> CampaignSender:
    return CampaignSender(operator.settings, operator.intake, operator.submitter)


def _patients(tmp_path: Path) -> "object":
    return replace(build_settings(tmp_path), patient=Patient(domains=("a.test",)))


async def _fill(operator: Operator, csv: bytes = CSV) -> None:
    head = Letterhead(BOB, "Bob", "rappel", datetime.now(UTC))
    template = parse_template(TEMPLATE, "t")
    rows = [(row.number, *build_letter(template, row, head)) for row in parse_rows(csv, "r")]
    store = operator.store
    campaign = await asyncio.wrap_future(store.submit(lambda conn: open_campaign(conn, BOB, "rappel", head.at)))
    await asyncio.wrap_future(store.submit(lambda conn: add_rows(conn, campaign, rows, head.at)))


async def _list(operator: Operator) -> list[CampaignRow]:
    def read(conn: object) -> list[CampaignRow]:
        campaign = find_campaign(conn, BOB, "rappel")  # type: ignore[arg-type]
        assert campaign is not None
        return list(list_rows(conn, campaign))  # type: ignore[arg-type]

    return await asyncio.wrap_future(operator.store.read(read))


async def test_each_row_becomes_one_signed_message_once(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path, _patients(tmp_path)) as operator:  # type: ignore[arg-type]
        await _fill(operator)
        assert await _make_sender(operator).send_due() == 2
        assert sorted(await operator.list_queue()) == ["179032a21518933@a.test", "279035121518989@a.test"]
        rows = await _list(operator)
        assert [row.state for row in rows] == [RowState.SENT, RowState.SENT]
        kept = await operator.load(rows[0].trace_id)
        assert (kept.summary, kept.reverse_path) == ("trusted", BOB)
        assert b"279035121518989" in kept.data
        assert b"179032A21518933" not in kept.data
        await _fill(operator)
        assert await _make_sender(operator).send_due() == 0
        assert len(await operator.list_queue()) == 2


async def test_killed_before_the_commit_nothing_was_sent_and_after_it_nothing_is_sent_again(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path, _patients(tmp_path)) as operator:  # type: ignore[arg-type]
        await _fill(operator)
        submit = operator.submitter.submit

        async def die_inside(envelope: object, also: list[Also]) -> object:
            def die(*_: object) -> None:
                raise StoreUnavailable("the power went")

            return await submit(envelope, [*also, die])  # type: ignore[arg-type]

        operator.submitter.submit = die_inside  # type: ignore[method-assign,assignment]
        assert await _make_sender(operator).send_due() == 0
        assert await operator.list_queue() == []
        assert {row.state for row in await _list(operator)} == {RowState.WAITING}

        async def die_after(envelope: object, also: list[Also]) -> object:
            await submit(envelope, also)  # type: ignore[arg-type]
            raise StoreUnavailable("the power went again")

        operator.submitter.submit = die_after  # type: ignore[method-assign,assignment]
        sender = _make_sender(operator)
        operator.intake.clock = lambda: datetime.now(UTC) + timedelta(seconds=20)
        await sender.send_due()
        operator.submitter.submit = submit  # type: ignore[method-assign]
        operator.intake.clock = lambda: datetime.now(UTC) + timedelta(minutes=20)
        assert await sender.send_due() == 0
        assert sorted(await operator.list_queue()) == ["179032a21518933@a.test", "279035121518989@a.test"]
        assert {row.state for row in await _list(operator)} == {RowState.SENT}


def _suspend(conn: object) -> None:
    suspend(conn, BOB)  # type: ignore[arg-type]


def _remove(conn: object) -> None:
    remove(conn, BOB)  # type: ignore[arg-type]


@pytest.mark.parametrize(("act", "words"), [(_suspend, "suspended"), (_remove, "has gone")])
async def test_an_account_that_may_not_write_does_not(
    tmp_path: Path, act: Callable[[object], None], words: str
) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path, _patients(tmp_path)) as operator:  # type: ignore[arg-type]
        await _fill(operator)
        await asyncio.wrap_future(operator.store.submit(act))
        assert await _make_sender(operator).send_due() == 0
        assert await operator.list_queue() == []
        assert all(words in row.outcome for row in await _list(operator))


async def test_who_cannot_be_written_to_does_not_stop_the_others(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path, _patients(tmp_path)) as operator:  # type: ignore[arg-type]
        await _fill(operator, CSV.replace(b"279035121518989", b"279035121518900"))
        assert await _make_sender(operator).send_due() == 1
        refused, sent = await _list(operator)
        assert (refused.state, sent.state) == (RowState.REFUSED, RowState.SENT)
        assert refused.outcome.startswith("550 5.1.3")


async def test_a_local_patient_who_is_nobody_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    settings = replace(build_settings(tmp_path), patient=Patient(domains=("b.test",)))
    async with open_operator(tmp_path, settings) as operator:
        head = Letterhead(BOB, "Bob", "rappel", datetime.now(UTC))
        template = parse_template(TEMPLATE.replace(b"a.test", b"b.test"), "t")
        rows = [(row.number, *build_letter(template, row, head)) for row in parse_rows(CSV, "r")]
        campaign = await asyncio.wrap_future(
            operator.store.submit(lambda conn: open_campaign(conn, BOB, "rappel", head.at))
        )
        await asyncio.wrap_future(operator.store.submit(lambda conn: add_rows(conn, campaign, rows, head.at)))
        assert await _make_sender(operator).send_due() == 0
        assert all(row.outcome.startswith("550 5.1.1") for row in await _list(operator))


async def test_our_own_doubt_means_later(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path, _patients(tmp_path)) as operator:  # type: ignore[arg-type]
        await _fill(operator)
        fresh = operator.trust.white_list
        assert fresh is not None
        operator.trust.white_list = age(fresh, 30)
        assert await _make_sender(operator).send_due() == 0
        assert all(row.outcome.startswith("451") for row in await _list(operator))
        operator.trust.white_list = fresh
        operator.intake.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        assert await _make_sender(operator).send_due() == 2


async def test_a_fault_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key(tmp_path, "bob@b.test")
    monkeypatch.setattr(campaigns, "_MAX_ATTEMPTS", 1)
    async with open_operator(tmp_path, _patients(tmp_path)) as operator:  # type: ignore[arg-type]
        await _fill(operator)
        operator.examiner.fault = WorkerFault("gone")
        sender = _make_sender(operator)
        assert await sender.send_due() == 0
        operator.intake.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        assert await sender.send_due() == 0
        rows = await _list(operator)
        assert [row.state for row in rows] == [RowState.REFUSED, RowState.REFUSED]
        assert "Given up" in rows[0].outcome


async def test_what_another_process_put_there_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key(tmp_path, "bob@b.test")
    monkeypatch.setattr(campaigns, "LOOK_SECONDS", 0.01)
    async with open_operator(tmp_path, _patients(tmp_path)) as operator:  # type: ignore[arg-type]
        sent = asyncio.Event()
        operator.submitter._taker._wake = sent.set
        sender = _make_sender(operator)
        await sender.start()
        await _fill(operator)
        await asyncio.wait_for(sent.wait(), 30)
        await sender.stop()
        assert "279035121518989@a.test" in await operator.list_queue()
