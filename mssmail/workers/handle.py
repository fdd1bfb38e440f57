"""The main process's side of one worker: what it is doing, since when, and how it is ended."""

import asyncio
import json
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from mssmail.core.examination import Examination
from mssmail.errors import FrameTooBig, WorkerFault
from mssmail.workers.codec import decode_examination
from mssmail.workers.frames import (
    FrameReader,
    Kind,
    Request,
    encode_frame,
    encode_numbered,
    encode_request_head,
    parse_numbered,
)

_MAX_ANSWER_BYTES = 64 * 1024 * 1024
_JOINED_BYTES = 256 * 1024  # larger messages are written apart instead of being copied behind their head

# Isolated from the environment and the current directory; modules are found exactly where this process finds them.
_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from mssmail.workers.process import run; run(int(sys.argv[1]))"


@dataclass(eq=False, slots=True)
class Job:
    """A request and who waits for its answer. ``places`` counts the queues it is in: ours, and those of workers."""

    request: Request
    answer: asyncio.Future[Examination]
    places: int = 1


class WorkerHandle(asyncio.Protocol):
    """One worker. ``notify`` is called whenever it could take more work; ``lost`` is done when it is gone."""

    def __init__(self, notify: Callable[[], None], process: subprocess.Popen[bytes]) -> None:
        self._notify = notify
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(_MAX_ANSWER_BYTES)
        self._unwritten: list[bytes] = []
        self._transport: asyncio.WriteTransport | None = None
        self.ready: asyncio.Future[int] = self._loop.create_future()
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self.jobs: deque[Job] = deque()
        self.load_bytes = 0
        self.head_since = 0.0  # loop time at which the first of ``jobs`` began
        self._cause = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: answers, in the order of the jobs."""
        try:
            for kind, payload in self._reader.feed(data):
                self._take(kind, payload)
        except (WorkerFault, FrameTooBig) as fault:
            self.kill(str(fault))
            return
        self._notify()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.kill(f"lost: {exc}" if exc else "ended")
        if not self.lost.done():
            self.lost.set_result(self._cause)

    def send_frame(self, kind: Kind, payload: bytes) -> None:
        """Write a frame that has no answer of its own."""
        self._write(encode_frame(kind, payload))

    def send_job(self, job: Job) -> None:
        """Give it one more message."""
        if not self.jobs:
            self.head_since = self._loop.time()
        self.jobs.append(job)
        data = job.request.data
        self.load_bytes += len(data)
        head = encode_request_head(job.request)
        if len(data) <= _JOINED_BYTES:
            self._write(head + data)
        else:
            self._write(head)
            self._write(data)

    def recall_jobs(self) -> list[Job]:
        """The jobs it has not begun and nobody else has, in order; it is asked not to begin them."""
        behind = [job for job in list(self.jobs)[1:] if job.places == 1 and not job.answer.done()]
        for job in behind:
            self.send_frame(Kind.WITHDRAW, encode_numbered(job.request.ticket))
        return behind

    def kill(self, cause: str) -> None:
        """End it now; the first cause given is the one reported by ``lost``."""
        self._cause = self._cause or cause
        self._process.kill()
        if self._transport is not None:
            self._transport.abort()

    async def reap(self) -> int:
        """Its exit status, when it is gone for good; negative: the signal that ended it."""
        return await asyncio.to_thread(self._process.wait)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def is_serving(self) -> bool:
        """It has its trust snapshot and is not lost."""
        return self.ready.done() and not self._cause

    def _write(self, data: bytes) -> None:
        # Gathered until the loop comes round: what several sessions send at a time leaves in one system call.
        if not self._unwritten:
            self._loop.call_soon(self._flush)
        self._unwritten.append(data)

    def _flush(self) -> None:
        if self._unwritten and self._transport is not None and not self._transport.is_closing():
            if len(self._unwritten) == 1 or sum(map(len, self._unwritten)) > 4 * _JOINED_BYTES:
                for data in self._unwritten:
                    self._transport.write(data)
            else:
                self._transport.write(b"".join(self._unwritten))
        self._unwritten.clear()

    def _take(self, kind: int, payload: bytes) -> None:
        number, rest = parse_numbered(payload)
        if kind == Kind.READY:
            if not self.ready.done():
                self.ready.set_result(number)
            return
        if (
            kind not in {Kind.RESULT, Kind.FAULT, Kind.SKIPPED}
            or not self.jobs
            or self.jobs[0].request.ticket != number
        ):
            raise WorkerFault("a worker answered what nobody asked")
        # Decoded before the job is taken off: an answer that is none is the fault of this very job.
        outcome = decode_examination(rest) if kind == Kind.RESULT else _build_fault(rest)
        job = self.jobs.popleft()
        job.places -= 1
        self.load_bytes -= len(job.request.data)
        self.head_since = self._loop.time()
        if kind == Kind.SKIPPED or job.answer.done():
            return
        if isinstance(outcome, WorkerFault):
            job.answer.set_exception(outcome)
        else:
            job.answer.set_result(outcome)


def _build_fault(text: bytes) -> WorkerFault:
    return WorkerFault("the examination failed", cause=text.decode("utf-8", "replace"))


async def start_worker(setup: dict[str, object], notify: Callable[[], None]) -> WorkerHandle:
    """Spawn a process (never a fork of this one: it has threads) and connect to it. Raises OSError."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = _spawn(theirs.fileno(), ours)
    try:
        handle = WorkerHandle(notify, process)
        ours.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: handle, sock=ours)
    except BaseException:
        ours.close()
        process.kill()
        process.wait()
        raise
    handle.send_frame(Kind.SETUP, json.dumps(setup).encode())
    return handle


def _spawn(descriptor: int, ours: socket.socket) -> subprocess.Popen[bytes]:
    # It holds up the loop for a millisecond or two (vfork until exec), which is less trouble than a process born in a
    # thread whose waiter was cancelled meanwhile.
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter with our own words
            [sys.executable, "-I", "-c", _BOOT, str(descriptor), *sys.path],
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    except OSError:
        ours.close()
        raise
