"""The lab's processes: started, awaited, and stopped only when they are ours."""

import contextlib
import os
import signal
import socket
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
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    command = [sys.executable, "-m", "mssmail", *arguments]
    # posix_spawn and not subprocess: the process may outlive us, and nobody here owns a handle on it.
    pid = os.posix_spawn(
        sys.executable, command, {**os.environ, **(environment or {})}, file_actions=actions, setsid=True
    )
    _wait_for_name(pid)
    return pid


def _wait_for_name(pid: int) -> None:
    """For a moment after the spawn the kernel shows no command line, and ``is_running`` knows a process by that."""
    with contextlib.suppress(OSError):
        while not Path(f"/proc/{pid}/cmdline").read_bytes() and _read_state(pid) not in {"Z", "X"}:
            time.sleep(0.001)


def _read_state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def is_running(pid: int, mark: str) -> bool:
    """The process lives and an argument of it is ``mark`` or a path below: a number used again is not ours to stop."""
    _reap(pid)
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = _read_state(pid)
    except OSError:
        return False
    marks = (argument == mark.encode() or argument.startswith(f"{mark}/".encode()) for argument in command.split(b"\0"))
    return state != "Z" and any(marks)


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
            raise ProcessFault(f"{what} ended before it was ready:\n{_read_end(log)}")
        if time.monotonic() > deadline:
            raise ProcessFault(f"{what} is not ready after {seconds:.0f} s:\n{_read_end(log)}")
        time.sleep(_POLL_SECONDS)


def stop_process(pid: int, mark: str, seconds: float = 10) -> bool:
    """Ask the process to end, and end it when it does not; False when it was not running."""
    if not is_running(pid, mark):
        return False
    for kind in (signal.SIGTERM, signal.SIGKILL):
        os.kill(pid, kind)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_running(pid, mark):
                return True
            time.sleep(_POLL_SECONDS)
    raise ProcessFault(f"process {pid} does not end")


def _reap(pid: int) -> None:
    """Collect the process if it is a child of ours that has ended, so that it does not stay as a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _read_end(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:]) if log.exists() else ""
