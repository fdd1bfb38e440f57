"""Examine functions for the pool's tests: what a message says decides how badly it goes."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mssmail.core.examination import Examination, Index
from mssmail.core.message import Span
from mssmail.core.verdict import UNSIGNED


@dataclass(frozen=True, slots=True)
class FakeSnapshot:
    generation: int
    words: bytes = b""


def build_examine(snapshot: object, authserv_id: str) -> Callable[[bytes, datetime, bool], Examination]:
    assert isinstance(snapshot, FakeSnapshot)

    def examine(data: bytes, at: datetime, verify: bool) -> Examination:
        _misbehave(data)
        index = Index(data[:20], b"body", b"structure", b"parts", Span(0, len(data)), subject=str(os.getpid()))
        facts = (authserv_id, str(snapshot.generation), at.isoformat(), str(verify), str(len(data)))
        return Examination(UNSIGNED, index, faults=facts)

    return examine


def build_read(_snapshot: object, _authserv_id: str) -> Callable[[bytes, datetime, bool], Examination]:
    """Reads no documents, but misbehaves as told."""

    def read(data: bytes, _at: datetime, _verify: bool) -> Examination:
        _misbehave(data)
        return Examination(UNSIGNED, Index(b"", b"", b"", b"", Span(0, 0)))

    return read


def refuse_to_build(_snapshot: object, _authserv_id: str) -> Callable[[bytes, datetime, bool], Examination]:
    raise SystemExit(3)


def _misbehave(data: bytes) -> None:
    match data.split(b"\n", 1)[0].strip():
        case b"hang":
            while True:
                time.sleep(60)
        case b"slow":
            time.sleep(0.6)
        case b"spin":
            while True:
                pass
        case b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"fail":
            raise ValueError("no such message")
        case b"eat":
            _hoard = [bytearray(64 * 1024 * 1024) for _ in range(100)]
        case b"recurse":
            _recurse(0)


def _recurse(depth: int) -> int:
    return _recurse(depth + 1) + 1
