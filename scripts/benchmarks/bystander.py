"""Somebody else at the same server: how long one has to wait for NOOP while another asks for much.

Called as ``python -m scripts.benchmarks.bystander PORT CA USER PASSWORD PID``: a process of its own, which asks till
its input ends, then prints one JSON list of (moment it began by the steady clock, milliseconds it took,
milliseconds that the server's threads worked meanwhile). The last is what to look at on a machine that is busy with
other things: more than the server has worked nobody has waited for it.
"""

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.benchmarks.mail_client import Client
from scripts.benchmarks.processes import measure_work

PAUSE_SECONDS = 0.002
_MAILBOX = "Bystander"


@dataclass(slots=True)
class Waits:
    """What the bystander has waited for; filled when it has gone."""

    rounds: list[tuple[float, float, float]] = field(default_factory=list)

    def find_longest(self, began: float, ended: float) -> tuple[float, float]:
        """The longest wait in milliseconds between two moments of ``time.perf_counter``; the most work in one wait."""
        within = [(took, work) for at, took, work in self.rounds if at < ended and at + took / 1e3 > began]
        return max((took for took, _ in within), default=0.0), max((work for _, work in within), default=0.0)


@contextmanager
def stand_by(port: int, ca: Path, user: str, password: str, pid: int) -> Iterator[Waits]:
    """A bystander for as long as the block lasts."""
    waits = Waits()
    command = [sys.executable, "-m", "scripts.benchmarks.bystander", str(port), str(ca), user, password, str(pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise OSError("the bystander could not sign in")
        yield waits
        waits.rounds = json.loads(process.communicate()[0])


def main(arguments: list[str]) -> None:
    """Ask till the input ends."""
    port, ca, user, password, pid = arguments
    client = Client(int(port), Path(ca), user, password)
    try:
        client.do(f"SELECT {_MAILBOX}")
    except OSError:
        client.do(f"CREATE {_MAILBOX}")
        client.do(f"SELECT {_MAILBOX}")
    print("ready", flush=True)
    rounds: list[tuple[float, float, float]] = []
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        worked, began = measure_work(int(pid)), time.perf_counter()
        client.do("NOOP")
        ended = time.perf_counter()
        rounds.append((began, (ended - began) * 1e3, measure_work(int(pid)) - worked))
    print(json.dumps(rounds))


if __name__ == "__main__":
    main(sys.argv[1:])
