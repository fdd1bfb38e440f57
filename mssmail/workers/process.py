"""The worker's side: a process that reads frames from one socket, examines, and answers in order.

It has no file, no key and no network of its own need; it holds one message at a time. What it may cost is limited by
the kernel: address space by RLIMIT_AS, time by an alarm that ends the process, should the main process be gone or late.
"""

import json
import os
import pickle
import resource
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Protocol, runtime_checkable

from mssmail.core.examination import Examination
from mssmail.workers.codec import encode_examination
from mssmail.workers.frames import (
    FrameReader,
    Kind,
    Request,
    encode_frame,
    encode_numbered,
    parse_numbered,
    parse_request,
)

Examine = Callable[[bytes, datetime, bool], Examination]
BuildExamine = Callable[[object, str], Examine]


@runtime_checkable
class Learning(Protocol):
    """An examine function that takes what becomes known while its snapshot is in use."""

    def learn(self, news: object) -> None:
        """Count this in from now on."""
        ...


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK_BYTES = 256 * 1024
_EXIT_OUT_OF_MEMORY = 71  # EX_OSERR


def run(descriptor: int) -> None:
    """Serve the socket until the main process closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process, which then stops us
    with suppress(BrokenPipeError, ConnectionResetError), socket.socket(fileno=descriptor) as sock:
        inbox = Inbox(sock)
        if (frame := inbox.take()) is not None:
            setup = json.loads(frame[1])
            limit_process(setup["memory_bytes"])
            build = load_callable(setup["examiner"])
            Server(inbox, build, setup["authserv_id"], setup["alarm_seconds"]).serve()


def load_callable(name: str) -> BuildExamine:
    """The callable named ``module:function``."""
    module, _, function = name.partition(":")
    found: BuildExamine = vars(import_module(module))[function]
    return found


def limit_process(memory_bytes: int) -> None:
    """Bind this process: address space, no core dump (it would hold mail), few descriptors."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


class Inbox:
    """The frames that have come and are not yet answered. What is withdrawn in time comes out as SKIPPED."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._reader = FrameReader(sys.maxsize)  # what the main process sends is measured there
        self._frames: deque[tuple[int, bytes]] = deque()
        self._has_ended = False

    def take(self) -> tuple[int, bytes] | None:
        """The next frame, waiting for it; None when the main process has closed and nothing is left."""
        while not self._frames and not self._has_ended:
            self._feed(self.sock.recv(_CHUNK_BYTES))
        # A withdrawal may stand behind the frame it concerns: what has come is looked through before going on.
        with suppress(BlockingIOError):
            while not self._has_ended:
                self._feed(self.sock.recv(_CHUNK_BYTES, socket.MSG_DONTWAIT))
        return self._frames.popleft() if self._frames else None

    def _feed(self, chunk: bytes) -> None:
        self._has_ended = not chunk
        for kind, payload in self._reader.feed(chunk):
            if kind == Kind.WITHDRAW:
                self._frames = deque(_skip(frame, payload) for frame in self._frames)
            else:
                self._frames.append((kind, payload))


def _skip(frame: tuple[int, bytes], ticket: bytes) -> tuple[int, bytes]:
    kind, payload = frame
    return (Kind.SKIPPED, ticket) if kind == Kind.EXAMINE and payload.startswith(ticket) else frame


class Server:
    """Frames in, frames out, in order."""

    def __init__(self, inbox: Inbox, build: BuildExamine, authserv_id: str, alarm_seconds: float) -> None:
        self._inbox = inbox
        self._build = build
        self._authserv_id = authserv_id
        self._alarm_seconds = alarm_seconds
        self._examine: Examine | None = None

    def serve(self) -> None:
        """Answer frame after frame until there are no more."""
        while (frame := self._inbox.take()) is not None:
            self._inbox.sock.sendall(self._answer(*frame))

    def _answer(self, kind: int, payload: bytes) -> bytes:
        if kind == Kind.TRUST:
            return self._take_trust(payload)
        if kind == Kind.ANSWERS:
            return self._learn(payload)
        if kind == Kind.EXAMINE:
            return self._examine_message(parse_request(payload))
        return encode_frame(Kind.SKIPPED, payload)

    def _take_trust(self, payload: bytes) -> bytes:
        number, pickled = parse_numbered(payload)
        snapshot = pickle.loads(pickled)  # noqa: S301 - written by the main process, never by a worker or a peer
        self._examine = self._build(snapshot, self._authserv_id)
        return encode_frame(Kind.READY, encode_numbered(number))

    def _learn(self, payload: bytes) -> bytes:
        if isinstance(self._examine, Learning):
            self._examine.learn(pickle.loads(payload))  # noqa: S301 - as above
        return b""

    def _examine_message(self, request: Request) -> bytes:
        signal.setitimer(signal.ITIMER_REAL, self._alarm_seconds)  # SIGALRM is not caught: it ends the process
        try:
            return encode_frame(Kind.RESULT, encode_numbered(request.ticket, self._run(request)))
        except MemoryError:
            os._exit(_EXIT_OUT_OF_MEMORY)  # what is left of such a process is not worth keeping
        except Exception as error:
            text = f"{type(error).__name__}: {error}"[:500]
            return encode_frame(Kind.FAULT, encode_numbered(request.ticket, text.encode("utf-8", "replace")))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _run(self, request: Request) -> bytes:
        if self._examine is None:
            raise RuntimeError("no trust snapshot came before the first message")
        at = _EPOCH + timedelta(microseconds=request.at_microseconds)
        return encode_examination(self._examine(request.data, at, request.verify))
