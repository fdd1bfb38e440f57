"""250 means: on the disk. What the kernel saw between the last octet of a message and its answer."""

import os
import re
import shutil
import signal
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.flows.signing import load_signing_key
from mssmail.lab.check.mail import Letter, build_letter
from mssmail.smime.sign import sign_message
from mssmail.store.bodies import INLINE_BYTES
from tests.support.operators import PASSWORD, Site, build_site
from tests.support.pki import Pki
from tests.support.syscalls import OPTIONS, Call, parse_calls

MARIE, PEER = "marie@a.test", "dr.dupuis@peer.test"
FLUSHES, WRITES, READS = (
    {"fsync", "fdatasync"},
    {"sendto", "sendmsg", "write", "writev"},
    {"recvfrom", "recvmsg", "read"},
)


def _find_obstacle() -> str:
    """Why system calls cannot be watched here, if so."""
    if shutil.which("strace") is None:
        return "strace is not installed: flushes cannot be watched"
    tried = subprocess.run(["strace", *OPTIONS, "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "strace may not trace here (ptrace is forbidden): flushes cannot be watched"


@dataclass(frozen=True)
class Watched:
    """A server whose system calls are written down, and the peer it knows."""

    site: Site
    pki: Pki
    ports: dict[str, int]
    log: Path

    def sign(self, author: str, recipient: str, size: int) -> Letter:
        letter = build_letter(author, recipient, size=size)
        bundle = self.pki.make_person(author).write_bundle(self.site.folder / f"{author}.pem")
        return Letter(letter.message_id, sign_message(letter.data, load_signing_key(bundle), read_clock()))

    def list_calls_before_answer(self, listener: str, letter: Letter) -> list[Call]:
        """Calls that began after the last octet of the message had come and ended before its answer was written."""
        calls = list(parse_calls(self.log.read_text().splitlines()))
        start, end = _find_answer(calls, self.ports[listener], len(letter.data))
        return [call for call in calls if start.ended < call.began and call.ended < end.began]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    if obstacle := _find_obstacle():
        pytest.skip(obstacle)
    folder = tmp_path_factory.mktemp("flush")
    pki = Pki(read_clock().replace(microsecond=0))
    site = build_site(folder / "op", pki, read_clock())
    log = folder / "strace.txt"
    server = [sys.executable, "-m", "mssmail", "serve", "--config", str(site.config)]
    with subprocess.Popen(["strace", *OPTIONS, "-o", str(log), *server], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        ready = next((line for line in process.stderr if " ready " in line), "")
        ports = {name: int(port) for name, port in re.findall(r"(\w+)=127\.0\.0\.1:(\d+)", ready)}
        yield Watched(site, pki, ports, log)
        os.kill(int(log.read_text().split(maxsplit=1)[0]), signal.SIGTERM)  # strace itself lets nobody end it
        process.communicate(timeout=60)


def _receive(watched: Watched, size: int) -> Letter:
    """A message from the peer, answered 250; the client goes without a word, so that the answer is the last one."""
    letter = watched.sign(PEER, MARIE, size)
    context = ssl.create_default_context(cadata=watched.pki.anchors[0])
    context.load_cert_chain(*watched.pki.make_operator("mss.peer.test").write(watched.site.folder, "peer"))
    with smtplib.SMTP("127.0.0.1", watched.ports["smtp"], "mss.peer.test", timeout=120) as smtp:
        smtp.starttls(context=context)
        smtp.sendmail(PEER, [MARIE], letter.data)
    return letter


def _submit(watched: Watched) -> Letter:
    """The same from a client, for somebody far away: it is only queued."""
    letter = watched.sign(MARIE, PEER, 18_000)
    context = ssl.create_default_context(cadata=watched.pki.anchors[0])
    with smtplib.SMTP_SSL("127.0.0.1", watched.ports["submissions"], timeout=120, context=context) as smtp:
        smtp.login(MARIE, PASSWORD)
        smtp.sendmail(MARIE, [PEER], letter.data)
    return letter


def _find_answer(calls: list[Call], port: int, octets: int) -> tuple[Call, Call]:
    """The read that brought the end of the last message of this size to this port, and the write that answered it."""
    local = re.compile(rf"\d+<TCP:\[127\.0\.0\.1:{port}->127\.0\.0\.1:\d+\]>")
    sockets = {match[0] for call in calls if (match := local.match(call.arguments))}
    found: list[tuple[Call, Call]] = []
    for socket in sockets:
        received, last = 0, None
        for call in calls:
            if not call.arguments.startswith(socket) or call.result <= 0:
                continue
            if call.name in READS:
                received, last = received + call.result, call
            elif last is not None:
                if received >= octets:
                    found.append((last, call))
                received, last = 0, None
    assert found, "no such message was received"
    return max(found, key=lambda pair: pair[0].ended)


def test_the_log_is_flushed_between_the_final_dot_and_the_250(watched: Watched) -> None:
    letter = _receive(watched, 18_000)
    flushes = [each for each in watched.list_calls_before_answer("smtp", letter) if each.name in FLUSHES]
    assert [each.result for each in flushes if each.is_on("mssmail.db-wal")][-1:] == [0]


def test_a_large_body_its_directory_and_then_the_log_are_flushed_before_the_250(watched: Watched) -> None:
    letter = _receive(watched, 2 * INLINE_BYTES)
    between = watched.list_calls_before_answer("smtp", letter)
    body = next(each for each in between if each.name in FLUSHES and each.is_on("/bodies/tmp/"))
    renamed = next(each for each in between if each.name.startswith("rename") and each.is_on("/bodies/tmp/"))
    sha_directory = re.compile(r"/bodies/[0-9a-f]{2}>")
    directory = next(each for each in between if each.name in FLUSHES and sha_directory.search(each.arguments))
    log = [each for each in between if each.name in FLUSHES and each.is_on("mssmail.db-wal")][-1]
    assert body.ended < renamed.began
    assert renamed.ended < directory.began
    assert directory.ended < log.began
    assert [each.result for each in (body, renamed, directory, log)] == [0, 0, 0, 0]


def test_what_is_only_queued_is_flushed_before_the_250_as_well(watched: Watched) -> None:
    letter = _submit(watched)
    flushes = [each for each in watched.list_calls_before_answer("submissions", letter) if each.name in FLUSHES]
    assert [each.result for each in flushes if each.is_on("mssmail.db-wal")][-1:] == [0]
