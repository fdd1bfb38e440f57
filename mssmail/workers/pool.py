"""A few workers, kept alive: least-loaded dispatch, deadlines, replacement.

Examining is pure, so a message may be given to a second worker without harm. That is what keeps the others unaffected
by one that hangs: what waits behind it is withdrawn from its worker and examined elsewhere.
"""

import asyncio
import logging
import pickle
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from mssmail.core.clock import require_aware
from mssmail.core.examination import Examination
from mssmail.errors import WorkerDeath, WorkerFault
from mssmail.workers.frames import Kind, Request, encode_numbered
from mssmail.workers.handle import Job, WorkerHandle, start_worker

_log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DEPTH = 4  # messages given to one worker at a time, so that it need not wait for us between two
_DEPTH_BYTES = 1024 * 1024  # … and no second one behind this much
_SLOW_SECONDS = 0.25  # a worker this long at one message gets no more, and what waits behind it is recalled
_START_SECONDS = 60.0
_PAUSE_SECONDS = 1.0  # between two attempts to start a worker that dies at birth


class Snapshot(Protocol):
    """What the pool needs to know of a ``trust.snapshot.TrustSnapshot``; the workers know the rest."""

    @property
    def generation(self) -> int:
        """Its number."""


class Pool:
    """The pool. ``examiner`` names the ``module:function`` that makes a worker's examine function."""

    def __init__(
        self,
        count: int,
        deadline_seconds: float,
        memory_megabytes: int,
        authserv_id: str,
        *,
        examiner: str = "mssmail.workers.examiner:build_examine",
    ) -> None:
        self._count = max(1, count)
        self._deadline_seconds = deadline_seconds
        self._setup: dict[str, object] = {
            "authserv_id": authserv_id,
            "memory_bytes": memory_megabytes * 1024 * 1024,
            # Later than our own deadline: it matters only when we are no longer there to kill.
            "alarm_seconds": deadline_seconds * 1.5 + 1,
            "examiner": examiner,
        }
        self._trust = b""
        self._answers: list[bytes] = []  # frames since the snapshot, for workers that start later
        self._ticket = 0
        self._waiting: deque[Job] = deque()
        self._workers: list[WorkerHandle] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._watch: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()

    async def start(self, snapshot: Snapshot) -> None:
        """Start the workers with this trust snapshot; raises WorkerFault when they cannot be."""
        await self.publish(snapshot)
        try:
            first = await asyncio.gather(*(self._start_worker() for _ in range(self._count)))
        except BaseException:
            for worker in list(self._workers):
                worker.kill("the pool did not start")
                await self._bury(worker)
            raise
        self._keepers = [asyncio.create_task(self._keep(worker)) for worker in first]

    async def publish(self, snapshot: Snapshot) -> None:
        """Have every message that is given in from now on judged by this snapshot."""
        known = len(self._answers)
        pickled = await asyncio.to_thread(pickle.dumps, snapshot, pickle.HIGHEST_PROTOCOL)
        self._trust = encode_numbered(snapshot.generation, pickled)
        del self._answers[:known]  # those are in the snapshot; what came meanwhile may not be
        # Frames keep their order, so there is nothing to wait for; what is in flight was asked before.
        for worker in self._workers:
            self._send_trust(worker)

    def add_answers(self, responses: tuple[bytes, ...]) -> None:
        """Have every message that is given in from now on judged by these OCSP responses (DER) as well."""
        pickled = pickle.dumps(responses, pickle.HIGHEST_PROTOCOL)
        self._answers.append(pickled)
        for worker in self._workers:
            worker.send_frame(Kind.ANSWERS, pickled)

    async def examine(self, data: bytes, at: datetime, *, verify: bool) -> Examination:
        """The examination of these bytes; raises WorkerDeath when the worker dies of it or overruns its deadline.

        Raises WorkerFault when nobody could be asked, or an examination failed.
        """
        if self._stopping.is_set() or not self._keepers:
            raise WorkerFault("the pool is not running")
        self._ticket += 1
        microseconds = (require_aware(at) - _EPOCH) // _MICROSECOND
        request = Request(self._ticket, microseconds, verify, data)
        job = Job(request, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._dispatch()
        return await job.answer

    async def stop(self) -> None:
        """Answer what was asked, then end every worker and wait until it is gone."""
        self._stopping.set()
        pending = {job.answer for job in self._waiting}
        pending.update(job.answer for worker in self._workers for job in worker.jobs)
        if pending:
            await asyncio.wait(pending, timeout=2 * self._deadline_seconds)
        for worker in self._workers:
            worker.kill("the pool stops")
        await asyncio.gather(*self._keepers)
        self._keepers.clear()
        self._fail_waiting("the pool has stopped")
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that serve now, for logs and metrics."""
        return tuple(worker.pid for worker in self._workers if worker.is_serving)

    @property
    def examining(self) -> int:
        """How many messages are being examined or wait for it, for metrics; may be asked from any thread."""
        given = [job for worker in tuple(self._workers) for job in tuple(worker.jobs)]
        # One that was recalled stands in two places until its first worker has skipped it.
        return len({job.request.ticket for job in (*tuple(self._waiting), *given) if not job.answer.done()})

    # Keeping workers alive

    async def _start_worker(self) -> WorkerHandle:
        try:
            worker = await start_worker(self._setup, self._dispatch)
        except OSError as error:
            raise WorkerFault("a worker could not be started", cause=str(error)) from error
        # Listed before its snapshot is sent, with no await between: a snapshot published meanwhile reaches it too.
        self._workers.append(worker)
        self._send_trust(worker)
        if self._stopping.is_set():
            worker.kill("the pool stops")
        await _wait_for_birth(worker)
        if not worker.is_serving:
            worker.kill("it was not ready in time")
            status = await self._bury(worker)
            raise WorkerFault("a worker died at birth", cause=worker.lost.result(), status=status)
        return worker

    def _send_trust(self, worker: WorkerHandle) -> None:
        worker.send_frame(Kind.TRUST, self._trust)
        for pickled in self._answers:
            worker.send_frame(Kind.ANSWERS, pickled)

    async def _keep(self, worker: WorkerHandle) -> None:
        current: WorkerHandle | None = worker
        while current is not None:
            cause = await current.lost
            status = await self._bury(current)
            if not self._stopping.is_set():
                _log.warning("worker %d is gone and will be replaced: %s (exit %d)", current.pid, cause, status)
            current = await self._replace()

    async def _replace(self) -> WorkerHandle | None:
        while not self._stopping.is_set():
            try:
                worker = await self._start_worker()
            except WorkerFault as fault:
                _log.error("no new worker: %s %s", fault, fault.facts)
                if not any(other.is_serving for other in self._workers):
                    self._fail_waiting("no worker can be started")
                await self._pause()
            else:
                self._dispatch()
                return worker
        return None

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), _PAUSE_SECONDS)

    async def _bury(self, worker: WorkerHandle) -> int:
        """Its first message gets the fault: it was at work on that one. The others are examined elsewhere."""
        cause = await worker.lost
        self._workers.remove(worker)
        if worker.jobs and not worker.jobs[0].answer.done():
            blame = WorkerFault if self._stopping.is_set() else WorkerDeath
            worker.jobs[0].answer.set_exception(blame("the worker died", cause=cause))
        while worker.jobs:
            job = worker.jobs.pop()
            job.places -= 1
            if job.places == 0 and not job.answer.done():
                job.places = 1
                self._waiting.appendleft(job)
        self._dispatch()
        return await worker.reap()

    def _fail_waiting(self, reason: str) -> None:
        while self._waiting:
            job = self._waiting.popleft()
            if not job.answer.done():
                job.answer.set_exception(WorkerFault(reason))

    # Giving out work

    def _dispatch(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._waiting:
            job = self._waiting[0]
            worker = None if job.answer.done() else self._find_worker(len(job.request.data), now)
            if worker is None and not job.answer.done():
                break
            self._waiting.popleft()
            if worker is not None:
                worker.send_job(job)
        if self._watch is None and any(worker.jobs for worker in self._workers):
            self._arm()

    def _find_worker(self, octets: int, now: float) -> WorkerHandle | None:
        able = [worker for worker in self._workers if _may_take(worker, octets, now)]
        return min(able, key=lambda worker: (worker.load_bytes, len(worker.jobs)), default=None)

    def _arm(self) -> None:
        delay = min(_SLOW_SECONDS, self._deadline_seconds / 4)
        self._watch = asyncio.get_running_loop().call_later(delay, self._look_after)

    def _look_after(self) -> None:
        """One timer for all: kill what overran its deadline, recall what waits behind a slow one."""
        self._watch = None
        now = asyncio.get_running_loop().time()
        for worker in self._workers:
            age = now - worker.head_since if worker.jobs else 0.0
            if age > self._deadline_seconds:
                worker.kill("it overran its deadline")
            elif age > _SLOW_SECONDS:
                for job in reversed(worker.recall_jobs()):
                    job.places += 1
                    self._waiting.appendleft(job)
        self._dispatch()


async def _wait_for_birth(worker: WorkerHandle) -> None:
    events: set[asyncio.Future[Any]] = {worker.ready, worker.lost}
    await asyncio.wait(events, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)


def _may_take(worker: WorkerHandle, octets: int, now: float) -> bool:
    if not worker.is_serving:
        return False
    if not worker.jobs:
        return True
    return (
        len(worker.jobs) < _DEPTH
        and worker.load_bytes + octets <= _DEPTH_BYTES
        and now - worker.head_since < _SLOW_SECONDS
    )
