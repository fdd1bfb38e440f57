import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.examination import Examination
from mssmail.errors import WorkerFault
from mssmail.workers.pool import Pool
from tests.workers.examiners import FakeSnapshot

AT = datetime(2024, 5, 1, 12, 30, 15, 250, tzinfo=UTC)
EXAMINER = "tests.workers.examiners:build_examine"


@asynccontextmanager
async def _pool(count: int = 2, deadline: float = 20.0, memory: int = 512) -> AsyncIterator[Pool]:
    pool = Pool(count, deadline, memory, "mx.test", examiner=EXAMINER)
    await pool.start(FakeSnapshot(1))
    try:
        yield pool
    finally:
        await pool.stop()


async def _examine(pool: Pool, data: bytes) -> Examination:
    return await pool.examine(data, AT, verify=True)


def _generation(examination: Examination) -> str:
    return examination.faults[1]


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _pid(examination: Examination) -> int:
    return int(examination.index.subject)


async def test_examines_with_the_snapshot_moment_and_switch_it_was_given() -> None:
    async with _pool() as pool:
        examination = await pool.examine(b"hello", AT, verify=False)
        assert examination.faults == ("mx.test", "1", AT.isoformat(), "False", "5")
        assert _pid(examination) != os.getpid()


async def test_many_messages_at_a_time_all_get_their_own_answer() -> None:
    async with _pool() as pool:
        answers = await asyncio.gather(*(_examine(pool, b"x" * size) for size in range(500)))
        assert [int(answer.faults[-1]) for answer in answers] == list(range(500))
        assert {_pid(answer) for answer in answers} == set(pool.pids)


async def test_a_large_message_passes_whole() -> None:
    async with _pool(1) as pool:
        sizes = (20_000_000, 300_000, 3)
        answers = await asyncio.gather(*(_examine(pool, b"y" * size) for size in sizes))
        assert [int(answer.faults[-1]) for answer in answers] == list(sizes)


async def test_what_follows_a_published_snapshot_is_judged_by_it() -> None:
    async with _pool() as pool:
        await pool.publish(FakeSnapshot(2, b"w" * 1_000_000))
        answers = await asyncio.gather(*(_examine(pool, b"m") for _ in range(20)))
        assert {_generation(answer) for answer in answers} == {"2"}


async def test_a_replacement_gets_the_newest_snapshot() -> None:
    async with _pool(1) as pool:
        await pool.publish(FakeSnapshot(7))
        with pytest.raises(WorkerFault):
            await _examine(pool, b"die")
        assert _generation(await _examine(pool, b"after")) == "7"


@pytest.mark.parametrize("killer", [b"die", b"eat", b"hang", b"spin"])
async def test_a_message_that_ends_its_worker_is_answered_once_and_the_others_are_not_affected(killer: bytes) -> None:
    async with _pool(deadline=1.0) as pool:
        doomed = asyncio.create_task(_examine(pool, killer))
        others = await asyncio.gather(*(_examine(pool, b"fine") for _ in range(100)))
        assert len(others) == 100
        with pytest.raises(WorkerFault):
            await doomed
        assert len(await asyncio.gather(*(_examine(pool, b"fine") for _ in range(10)))) == 10


async def test_what_waits_behind_a_hanging_message_is_examined_elsewhere() -> None:
    async with _pool(deadline=600.0) as pool:
        slow = [asyncio.create_task(_examine(pool, b"slow")) for _ in range(2)]
        hanging = asyncio.create_task(_examine(pool, b"hang"))
        behind = [asyncio.create_task(_examine(pool, b"x" * size)) for size in range(5, 9)]
        # Far within the deadline: they were recalled from the worker that hangs.
        answers = await asyncio.wait_for(asyncio.gather(*slow, *behind), 60)
        assert len(answers) == 6
        assert not hanging.done()
        assert pool.examining == 1
        victim = next(pid for pid in pool.pids if pid != _pid(answers[-1]))  # the one that hangs answers no more
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(WorkerFault):
            await hanging


async def test_a_fault_in_the_examiner_keeps_the_worker() -> None:
    async with _pool(1) as pool:
        before = pool.pids
        with pytest.raises(WorkerFault):
            await _examine(pool, b"fail")
        assert _pid(await _examine(pool, b"fine")) == before[0]


async def test_a_caller_who_goes_away_harms_nobody() -> None:
    async with _pool(1) as pool:
        tasks = [asyncio.create_task(_examine(pool, b"slow" if n == 0 else b"m")) for n in range(8)]
        await asyncio.sleep(0)
        for task in tasks[:6]:
            task.cancel()
        assert len(await asyncio.gather(*tasks[6:])) == 2


async def test_stopping_answers_what_was_asked_and_leaves_no_process_and_no_descriptor() -> None:
    before = set(os.listdir("/proc/self/fd"))
    pool = Pool(2, 20.0, 512, "mx.test", examiner=EXAMINER)
    await pool.start(FakeSnapshot(1))
    pids = pool.pids
    tasks = [asyncio.create_task(_examine(pool, b"m")) for _ in range(30)]
    await asyncio.sleep(0)
    await pool.stop()
    assert len(await asyncio.gather(*tasks)) == 30
    assert not any(_is_alive(pid) for pid in pids)
    assert set(os.listdir("/proc/self/fd")) <= before
    with pytest.raises(WorkerFault):
        await _examine(pool, b"late")


async def test_stopping_does_not_wait_for_a_hanging_message_for_ever() -> None:
    pool = Pool(1, 0.2, 512, "mx.test", examiner=EXAMINER)
    await pool.start(FakeSnapshot(1))
    task = asyncio.create_task(_examine(pool, b"hang"))
    await asyncio.sleep(0)
    await pool.stop()
    with pytest.raises(WorkerFault):
        await task


@pytest.mark.parametrize("examiner", ["tests.workers.examiners:refuse_to_build", "tests.workers.nowhere:nothing"])
async def test_a_pool_whose_workers_die_at_birth_does_not_start(
    examiner: str, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = Pool(2, 20.0, 512, "mx.test", examiner=examiner)
    with pytest.raises(WorkerFault):
        await pool.start(FakeSnapshot(1))
    assert pool.pids == ()
    capfd.readouterr()


async def test_a_worker_killed_from_outside_costs_at_most_one_message_and_is_replaced() -> None:
    async with _pool() as pool:
        victim = pool.pids[0]
        os.kill(victim, signal.SIGKILL)
        faults, serving = 0, set[int]()
        while len(serving) < 2:
            answers = await asyncio.gather(*(_examine(pool, b"m") for _ in range(8)), return_exceptions=True)
            faults += sum(isinstance(answer, WorkerFault) for answer in answers)
            serving = {_pid(answer) for answer in answers if isinstance(answer, Examination)}
        assert victim not in pool.pids
        assert faults <= 1
