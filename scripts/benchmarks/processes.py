"""What the processes of a server have used: memory and CPU, its children included."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def measure_memory(pid: int) -> int:
    """Proportional kB of a process and all below it."""
    held = 0
    for each in _list_processes(pid):
        shares = _read(f"/proc/{each}/smaps_rollup")
        held += next((int(line.split()[1]) for line in shares.splitlines() if line.startswith("Pss:")), 0)
    return held


def measure_cpu(pid: int) -> float:
    """Milliseconds that a process and all below it have worked so far; of those that ended, none."""
    fields = (_read(f"/proc/{each}/stat").rpartition(")")[2].split() for each in _list_processes(pid))
    return sum(int(each[11]) + int(each[12]) for each in fields if each) / _TICKS * 1e3


def measure_work(pid: int) -> float:
    """Milliseconds that all threads of one process have been on a CPU, to the microsecond."""
    tasks = (_read(str(task)) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(task.split()[0]) for task in tasks if task) / 1e6


def _list_processes(pid: int) -> Iterator[int]:
    yield pid
    for child in _read(f"/proc/{pid}/task/{pid}/children").split():
        yield from _list_processes(int(child))


def _read(path: str) -> str:
    """Empty when the process has just ended."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
