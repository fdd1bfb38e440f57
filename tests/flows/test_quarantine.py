"""Messages that end workers, as their senders and the operator see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from mssmail.core.decision import Refuse
from mssmail.core.examination import Examination
from mssmail.core.findings import NO_FINDINGS, UNREAD, Findings
from mssmail.errors import StoreUnavailable, WorkerDeath
from mssmail.flows.intake import Intake
from mssmail.flows.quarantine import Quarantine
from mssmail.flows.receive import Receiver
from mssmail.journal import Event
from mssmail.store.engine import open_store
from mssmail.store.quarantine import Held, list_held, read_held, release
from mssmail.workers.pool import Pool
from tests.support.operator_room import BOB, MESSAGE, Operator, build_envelope, open_operator, sign
from tests.workers.examiners import FakeSnapshot

DEATH = WorkerDeath("the worker died", cause="it overran its deadline")


async def list_quarantine(operator: Operator) -> list[Held]:
    return list(await asyncio.wrap_future(operator.store.read(list_held)))


@asynccontextmanager
async def open_pool(operator: Operator, deadline_seconds: float = 20) -> AsyncIterator[Receiver]:
    """A receiver whose workers are real, and misbehave as the message says."""
    pool = Pool(1, deadline_seconds, 512, "mx.b.test", examiner="tests.workers.examiners:build_examine")
    await pool.start(FakeSnapshot(1))
    try:
        yield Receiver(operator.settings, Intake(operator.store, pool, operator.trust, operator.bells), lambda: None)
    finally:
        await pool.stop()


@pytest.mark.parametrize(("word", "deadline"), [(b"die", 20), (b"hang", 1), (b"eat", 20)])
async def test_the_second_worker_that_dies_of_the_same_bytes_is_the_last(
    tmp_path: Path, word: bytes, deadline: float
) -> None:
    data = word + b"\r\n" + MESSAGE
    async with open_operator(tmp_path) as operator, open_pool(operator, deadline) as receiver:
        first, second, third = [await receiver.receive(build_envelope(data)) for _ in range(3)]
        assert (first.code, first.status) == (451, "4.3.0")
        assert (second.code, second.status) == (third.code, third.status) == (554, "5.6.0")
        died = await operator.read_journal(Event.WORKER_DIED)
        assert [entry.facts["deaths"] for entry in died] == [1, 2]
        assert all(entry.facts["cause"] for entry in died)
        refused = await operator.read_journal(Event.REFUSED)
        assert [entry.facts["rule"] for entry in refused] == ["worker-died", "worker-died-again", "in-quarantine"]
        [held] = await list_quarantine(operator)
        assert held.envelope["from"] == "<alice@a.test>"
        assert read_held(operator.store.quarantine_files, held) == data
        assert (await receiver.receive(build_envelope(sign(MESSAGE, tmp_path)))).code != 451


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    envelope = build_envelope(MESSAGE)
    async with open_operator(tmp_path) as operator:
        operator.examiner.fault = DEATH
        assert (await operator.receiver.receive(envelope)).code == 451
    store = open_store(tmp_path / "store")
    after = Quarantine(store, operator.intake.clock)
    assert await after.find_refusal(envelope.message) is None
    assert (await after.blame(envelope, DEATH)).reply.code == 554
    again = Quarantine(store, operator.intake.clock)
    assert isinstance(await again.find_refusal(envelope.message), Refuse)
    store.close()


async def test_what_the_operator_releases_is_examined_again(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        operator.examiner.fault = DEATH
        for _ in range(2):
            await operator.receiver.receive(build_envelope(data))
        operator.examiner.fault = None
        assert (await operator.receiver.receive(build_envelope(data))).code == 554
        [held] = await list_quarantine(operator)
        await asyncio.wrap_future(operator.store.submit(lambda conn: release(conn, held.sha256)))
        assert (await operator.receiver.receive(build_envelope(data))).code == 250


async def test_a_full_quarantine_refuses_all_the_same_and_says_that_it_has_no_copy(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        full = Quarantine(operator.store, operator.intake.clock, max_bytes=10)
        envelope = build_envelope(MESSAGE)
        replies = [(await full.blame(envelope, DEATH)).reply.code for _ in range(2)]
        assert replies == [451, 554]
        [held] = await list_quarantine(operator)
        assert not held.is_kept


async def test_a_disk_that_takes_no_copy_changes_no_answer(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        place = operator.store.quarantine_files.path(build_envelope(MESSAGE).message.sha256)
        place.parent.write_text("in the way")
        replies = [(await operator.intake.quarantine.blame(build_envelope(MESSAGE), DEATH)).reply.code for _ in "12"]
        assert replies == [451, 554]
        [held] = await list_quarantine(operator)
        assert not held.is_kept


async def test_a_client_that_ends_workers_is_told_the_same(tmp_path: Path) -> None:
    data = MESSAGE.replace(b"alice@a.test", b"bob@b.test")
    async with open_operator(tmp_path) as operator:
        operator.examiner.fault = DEATH
        sign(MESSAGE, tmp_path, "bob@b.test")  # leaves bob's key
        envelope = build_envelope(data, BOB, reverse_path=BOB, login=BOB)
        replies = [(await operator.submitter.submit(envelope)).code for _ in range(2)]
        assert replies == [451, 554]
        assert (await list_quarantine(operator))[0].sha256 == envelope.message.sha256


class DyingReader:
    """Dies of every message."""

    def __init__(self) -> None:
        self.calls = 0

    async def read(self, data: bytes, at: datetime) -> Findings:
        self.calls += 1
        raise DEATH


async def test_a_message_that_ends_readers_of_documents_goes_on_and_is_not_read_a_third_time(tmp_path: Path) -> None:
    reader = DyingReader()
    async with open_operator(tmp_path) as operator:
        intake = Intake(operator.store, operator.examiner, operator.trust, operator.bells, readers=reader)
        envelope = build_envelope(sign(MESSAGE.replace(b"hello", b"XDM/1.0/DDM"), tmp_path))
        plain = await intake.examine(envelope.message.data, verify=True)
        assert await intake.read_documents(envelope, plain) == NO_FINDINGS
        speaking = Examination(plain.verdict, plain.index, may_hold_documents=True)
        found = [await intake.read_documents(envelope, speaking) for _ in range(3)]
        assert found == [UNREAD] * 3
        assert reader.calls == 2
        assert [entry.facts["step"] for entry in await operator.read_journal(Event.WORKER_DIED)] == ["documents"] * 2


async def test_a_reader_whose_death_cannot_be_written_down_stops_no_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(MESSAGE)
        assert await operator.intake.quarantine.may_read_documents(envelope.message)
        await asyncio.to_thread(operator.store.close)
        await operator.intake.quarantine.note_reader(envelope, DEATH)
        assert "not in the journal" in caplog.text
        with pytest.raises(StoreUnavailable):
            await operator.intake.quarantine.blame(envelope, DEATH)
