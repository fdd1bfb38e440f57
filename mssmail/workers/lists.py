"""White lists are read by a process of their own: 200,000 entries must stop nobody's session, and hostile XML nobody.

The process lives for one list. It finds the octets, and the table of the list before, in files that lie in memory; it
judges, parses and compares, and leaves the new table in such a file, which this process then uses as it lies: nothing
of a large list is copied or made into objects here. Small lists are read where they are: starting a process would take
longer than that.
"""

import fcntl
import mmap
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.core.domain_table import DomainTable
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadWhiteList, WorkerFault
from mssmail.trust.list_changes import count_changes
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.whitelist import ListOctets, load_white_list, reload_white_list
from mssmail.workers.list_codec import ReadList, decode_answer, encode_fault, encode_list
from mssmail.workers.process import limit_process

APART_BYTES: Final = 512 * 1024
"""Lists beyond this size are read in a process of their own."""

MAX_TOLD: Final = 200  # domains of one change that are named; the numbers are always whole
MEMORY_BYTES: Final = 1024 * 1024 * 1024
DEADLINE_SECONDS: Final = 240.0
_BOOT: Final = "import sys; sys.path[:] = sys.argv[1:]; from mssmail.workers.lists import serve; serve()"
_PIECE: Final = 1 << 20
# What the main process uses is what it has looked at: nobody writes there any more, nobody cuts it short (SIGBUS).
_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """How a list is to be judged; ``accepted_at`` is given for one that was accepted before."""

    snapshot: TrustSnapshot
    signer_rule: str
    now: datetime
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """The question with the files in memory, by descriptor."""

    question: ListQuestion
    octets: int
    before: int
    table: int


def read_list(
    raw: bytes, question: ListQuestion, before: WhiteList | None = None, *, apart_bytes: int = APART_BYTES
) -> ReadList:
    """The list in these bytes, judged and compared. Blocks, for minutes with a large one: call it in a thread.

    Raises BadWhiteList, also when its reader died of it or took too long.
    """
    table = None if before is None else before.table
    if len(raw) <= apart_bytes:
        return _read(raw, question, table)
    try:
        return _ask(raw, question, table)
    except WorkerFault as fault:
        raise BadWhiteList(f"the list could not be read: {fault} ({fault.facts.get('cause', '')})") from fault
    except OSError as error:
        raise BadWhiteList(f"the list could not be read: its reader could not be started ({error})") from error


def serve() -> None:
    """The other side: a task on standard input, the answer on standard output."""
    limit_process(MEMORY_BYTES)
    task: _Task = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the main process
    try:
        with mmap.mmap(task.octets, 0, prot=mmap.PROT_READ) as octets:
            before = DomainTable(_map(task.before)) if os.fstat(task.before).st_size else None
            found = _read(octets, task.question, before)
        _write(task.table, found.white_list.table.block)
        answer = encode_list(found)
    except BadWhiteList as fault:
        answer = encode_fault(fault)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def _read(raw: ListOctets, question: ListQuestion, before: DomainTable | None) -> ReadList:
    white_list = _judge(raw, question)
    return ReadList(white_list, count_changes(before, white_list.table, MAX_TOLD))


def _judge(raw: ListOctets, question: ListQuestion) -> WhiteList:
    # A store of its own: the shared one's caches belong to the event loop's thread.
    store, rule = build_trust_store(question.snapshot), question.signer_rule
    if question.accepted_at is None:
        return load_white_list(raw, store, rule, question.now)
    return reload_white_list(raw, store, rule, accepted_at=question.accepted_at, now=question.now)


def _ask(raw: bytes, question: ListQuestion, before: DomainTable | None) -> ReadList:
    with (
        _open_memory(raw) as octets,
        _open_memory(b"" if before is None else before.block) as old,
        _open_memory() as new,
    ):
        answer = _run(_Task(question, octets, old, new))
        fcntl.fcntl(new, fcntl.F_ADD_SEALS, _SEALS)
        return decode_answer(answer, _map(new))


def _run(task: _Task) -> bytes:
    command = [sys.executable, "-I", "-c", _BOOT, *sys.path]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter with our own words
            command,
            input=pickle.dumps(task, pickle.HIGHEST_PROTOCOL),
            stdout=subprocess.PIPE,
            timeout=DEADLINE_SECONDS,
            check=False,
            pass_fds=(task.octets, task.before, task.table),
        )
    except subprocess.TimeoutExpired as error:
        raise WorkerFault("its reader overran its deadline", cause=f"{DEADLINE_SECONDS:g} s") from error
    if done.returncode != 0:
        raise WorkerFault("its reader died", cause=f"exit {done.returncode}")
    return done.stdout


@contextmanager
def _open_memory(content: bytes | memoryview = b"") -> Iterator[int]:
    """The descriptor of a file that lies in memory, with this content."""
    descriptor = os.memfd_create("mssmail-list", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        _write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes | memoryview) -> None:
    """By pieces, during which other threads run."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest[:_PIECE]) :]


def _map(descriptor: int) -> memoryview:
    """The file's content as it lies there, for as long as somebody looks at it."""
    size = os.fstat(descriptor).st_size
    return memoryview(mmap.mmap(descriptor, size, prot=mmap.PROT_READ) if size else b"")
