"""White lists are read by a process of their own: 200,000 entries must stop nobody's session, and hostile XML nobody.

The process lives for one list. It gets the octets and the trust snapshot, judges and parses, and answers with flat
arrays. Small lists are read where they are: starting a process would take longer than that.
"""

import pickle
import struct
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadWhiteList, WorkerFault
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.whitelist import load_white_list, reload_white_list
from mssmail.workers.list_codec import decode_list, encode_fault, encode_list
from mssmail.workers.process import limit_process

APART_BYTES: Final = 512 * 1024
"""Lists from this size on are read in a process of their own."""

MEMORY_BYTES: Final = 1024 * 1024 * 1024
DEADLINE_SECONDS: Final = 240.0
_LENGTH: Final = struct.Struct("!Q")
_BOOT: Final = "import sys; sys.path[:] = sys.argv[1:]; from mssmail.workers.lists import serve; serve()"


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """How a list is to be judged; ``accepted_at`` is given for one that was accepted before."""

    snapshot: TrustSnapshot
    signer_rule: str
    now: datetime
    accepted_at: datetime | None = None


def read_list(raw: bytes, question: ListQuestion, *, apart_bytes: int = APART_BYTES) -> WhiteList:
    """The list in these bytes, judged. Blocks, for minutes with a large one: call it in a thread.

    Raises BadWhiteList, also when its reader died of it or took too long.
    """
    if len(raw) < apart_bytes:
        return _judge(raw, question)
    try:
        return decode_list(_ask(raw, question))
    except WorkerFault as fault:
        raise BadWhiteList(f"the list could not be read: {fault} ({fault.facts.get('cause', '')})") from fault


def serve() -> None:
    """The other side: one question on standard input, one answer on standard output."""
    limit_process(MEMORY_BYTES)
    source = sys.stdin.buffer
    (length,) = _LENGTH.unpack(source.read(_LENGTH.size))
    question = pickle.loads(source.read(length))  # noqa: S301 - written by the main process
    try:
        answer = encode_list(_judge(source.read(), question))
    except BadWhiteList as fault:
        answer = encode_fault(fault)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def _judge(raw: bytes, question: ListQuestion) -> WhiteList:
    # A store of its own: the shared one's caches belong to the event loop's thread.
    store, rule = build_trust_store(question.snapshot), question.signer_rule
    if question.accepted_at is None:
        return load_white_list(raw, store, rule, question.now)
    return reload_white_list(raw, store, rule, accepted_at=question.accepted_at, now=question.now)


def _ask(raw: bytes, question: ListQuestion) -> bytes:
    asked = pickle.dumps(question, pickle.HIGHEST_PROTOCOL)
    command = [sys.executable, "-I", "-c", _BOOT, *sys.path]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter with our own words
            command,
            input=b"".join((_LENGTH.pack(len(asked)), asked, raw)),
            stdout=subprocess.PIPE,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WorkerFault("its reader overran its deadline", cause=f"{DEADLINE_SECONDS:g} s") from error
    except OSError as error:
        raise WorkerFault("its reader could not be started", cause=str(error)) from error
    if done.returncode != 0:
        raise WorkerFault("its reader died", cause=f"exit {done.returncode}")
    return done.stdout
