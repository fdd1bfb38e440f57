import asyncio
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from mssmail.core.examination import Examination, Index
from mssmail.core.message import Span
from mssmail.core.verdict import UNSIGNED
from mssmail.errors import WorkerFault
from mssmail.workers.codec import encode_examination
from mssmail.workers.frames import Kind, Request, encode_frame, encode_numbered
from mssmail.workers.handle import Job, WorkerHandle, start_worker

ANSWER = Examination(UNSIGNED, Index(b"e", b"b", b"s", b"p", Span(0, 1), subject="seen"))


async def _start() -> WorkerHandle:
    setup: dict[str, object] = {
        "authserv_id": "mx.test",
        "memory_bytes": 1 << 30,
        "alarm_seconds": 60,
        "examiner": "tests.workers.examiners:build_examine",
    }
    return await start_worker(setup, lambda: None)


def _job(ticket: int) -> Job:
    request = Request(ticket, int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), True, b"data")
    return Job(request, asyncio.get_running_loop().create_future())


def _result(ticket: int) -> bytes:
    return encode_frame(Kind.RESULT, encode_numbered(ticket, encode_examination(ANSWER)))


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        (_result(2), "nobody asked"),
        (encode_frame(Kind.RESULT, encode_numbered(1, b"rubbish")), "no examination"),
        (encode_frame(Kind.SETUP, encode_numbered(1)), "nobody asked"),
        (encode_frame(Kind.RESULT, b"short"), "too short"),
        (b"\xff\xff\xff\xff\x05", "too long"),
    ],
)
async def test_a_worker_that_answers_nonsense_is_ended(forged: bytes, reason: str) -> None:
    worker = await _start()
    worker.jobs.append(_job(1))
    worker.data_received(forged)
    assert reason in await worker.lost
    assert await worker.reap() == -9
    assert not worker.jobs[0].answer.done()


async def test_answers_go_to_their_jobs_also_when_they_come_in_pieces() -> None:
    worker = await _start()
    first, second, third = _job(1), _job(2), _job(3)
    worker.jobs.extend((first, second, third))
    third.answer.cancel()
    stream = _result(1) + encode_frame(Kind.FAULT, encode_numbered(2, b"Oops")) + _result(3)
    for octet in stream:
        worker.data_received(bytes([octet]))
    assert first.answer.result() == ANSWER
    assert isinstance(second.answer.exception(), WorkerFault)
    assert not worker.jobs
    worker.kill("the test is over")
    assert await worker.lost == "the test is over"
    await worker.reap()


async def test_the_first_cause_is_the_one_reported() -> None:
    worker = await _start()
    worker.kill("first")
    worker.kill("second")
    assert await worker.lost == "first"
    await worker.reap()


def test_a_worker_imports_neither_asyncio_nor_the_store() -> None:
    code = "import sys, mssmail.workers.process; print({'asyncio', 'sqlalchemy', 'multiprocessing'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, env={})
    assert answer.stdout.strip() == "set()"
