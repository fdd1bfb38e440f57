"""The end that mail from peers and from clients share: what is kept, who is told, and what may still go wrong."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.decision import Accept
from mssmail.core.envelope import Envelope
from mssmail.core.verdict import Verdict
from mssmail.flows.patients import Patients
from mssmail.flows.reports import Reporter
from mssmail.flows.taking import Judged, Taker
from mssmail.journal import Event
from mssmail.settings import SmimeMode
from mssmail.store.accounts import remove
from tests.support.operator_room import ALICE, BOB, MESSAGE, Operator, build_envelope, open_operator, sign

EVE = parse_address("eve@c.test")


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[Operator]:
    async with open_operator(tmp_path) as found:
        yield found


def build_taker(operator: Operator) -> Taker:
    settings, intake = operator.settings, operator.intake
    reporter = Reporter(settings, intake.store, intake.pool)
    patients = Patients(settings, intake.store, intake.shadows)
    return Taker(settings, intake, reporter, patients, lambda: operator.woken.append(1))


async def judge(operator: Operator, envelope: Envelope, *remote: Address, is_examined: bool = True) -> Judged:
    found = await operator.intake.pool.examine(envelope.message.data, operator.intake.clock(), verify=True)
    verdict: Verdict | None = found.verdict if is_examined else None
    accepted, mode = Accept("trusted"), SmimeMode.REQUIRE
    author = found.authors[0]
    return Judged(
        Event.RECEIVED, envelope, found, accepted, verdict, mode, author, lambda _: True, remote, b"X-Relay: 1\r\n"
    )


async def test_ours_is_delivered_and_theirs_queued_in_one_commit(operator: Operator, tmp_path: Path) -> None:
    envelope = build_envelope(sign(MESSAGE, tmp_path), BOB, EVE)
    commits = operator.store.writer_stats.operations
    written: list[int] = []
    reply = await build_taker(operator).take(
        await judge(operator, envelope, EVE), (BOB,), also=[lambda _conn, done: written.append(done.message_id)]
    )
    assert str(reply) == f"250 2.0.0 {envelope.id}"
    kept = await operator.load(envelope.id)
    assert (kept.relay_prefix, kept.summary) == (b"X-Relay: 1\r\n", "trusted")
    assert len(await operator.list_inbox(BOB)) == 1
    assert (await operator.list_queue(), operator.woken) == ([str(EVE)], [1])
    assert written == [kept.id]
    events = [entry.event for entry in await operator.read_journal()]
    assert events == [Event.RECEIVED, Event.DELIVERED, Event.QUEUED]
    await asyncio.to_thread(operator.store.close)
    assert operator.store.writer_stats.operations == commits + 1


async def test_what_nobody_examined_says_so(operator: Operator) -> None:
    envelope = build_envelope(MESSAGE, BOB)
    judged = await judge(operator, envelope, is_examined=False)
    assert (await build_taker(operator).take(judged, (BOB,))).code == 250
    kept = await operator.load(envelope.id)
    assert kept.summary == "unexamined"
    assert b"smime=none (not examined)" in kept.prefix
    assert operator.woken == []


async def test_a_recipient_that_went_meanwhile_makes_it_temporary(operator: Operator, tmp_path: Path) -> None:
    envelope = build_envelope(sign(MESSAGE, tmp_path), BOB)
    judged = await judge(operator, envelope)
    await asyncio.wrap_future(operator.store.submit(lambda conn: remove(conn, BOB)))
    assert (await build_taker(operator).take(judged, (BOB,))).code == 451
    assert await operator.read_journal() == []


async def test_what_is_written_instead_is_written_without_anybody_left(operator: Operator, tmp_path: Path) -> None:
    envelope = build_envelope(sign(MESSAGE, tmp_path), BOB)
    written: list[str] = []
    reply = await build_taker(operator).take(
        await judge(operator, envelope),
        (),
        also=[lambda _conn, _done: written.append("also")],
        instead=[lambda _conn, _done: written.append("instead")],
    )
    assert (reply.code, written) == (250, ["instead"])
    assert envelope.reverse_path == ALICE
