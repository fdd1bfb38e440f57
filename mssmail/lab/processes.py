"""The lab's processes: started, awaited, and stopped only when they are ours."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mssmail.errors import Fault
from mssmail.settings import Endpoint

_POLL_SECONDS = 0.05


class ProcessFault(Fault):
    """A process of the lab did not start, or did not end."""


def start_process(arguments: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> int:
    """Start ``python -m mssmail …`` in a session of its own, its output going to ``log``; the process number."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
            [sys.executable, "-m", "mssmail", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    return process.pid


def is_running(pid: int, mark: str) -> bool:
    """The process lives and its command line carries ``mark``: a number used again is not ours to stop."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" and mark.encode() in command


def is_listening(endpoint: Endpoint) -> bool:
    """Somebody accepts connections there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((endpoint.host, endpoint.port)) == 0


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], seconds: float, what: str, log: Path) -> None:
    """Wait for ``ready``; ProcessFault with the end of the log when the process dies or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive():
            _reap()
            raise ProcessFault(f"{what} ended before it was ready:\n{_read_end(log)}")
        if time.monotonic() > deadline:
            raise ProcessFault(f"{what} is not ready after {seconds:.0f} s:\n{_read_end(log)}")
        time.sleep(_POLL_SECONDS)


def stop_process(pid: int, mark: str, seconds: float = 10) -> bool:
    """Ask the process to end, and end it when it does not; False when it was not running."""
    if not is_running(pid, mark):
        _reap()
        return False
    for kind in (signal.SIGTERM, signal.SIGKILL):
        os.kill(pid, kind)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            _reap()
            if not is_running(pid, mark):
                return True
            time.sleep(_POLL_SECONDS)
    raise ProcessFault(f"process {pid} does not end")


def _reap() -> None:
    """Collect children that have ended, so that they do not stay as zombies of this process."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return


def _read_end(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:]) if log.exists() else ""
