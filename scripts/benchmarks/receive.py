"""Accepted messages per second: 20 kB, signed, over 1, 8 and 32 TLS connections, and where the time goes.

Stage times are the server's own (``mssmail_stage_seconds_total``): receive is from DATA's 354 to the final dot, examine
includes waiting for a worker, commit includes waiting for the batch: they are latencies, and grow with the connections.
The CPU times are the kernel's, of the server's own process and of its workers. Client and server share the machine.

``python -m scripts.benchmarks.receive [FOLDER]``: with another checkout's FOLDER the two take turns.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from mssmail.lab.build import PEER_AUTHOR
from mssmail.lab.check.cases import NORD
from mssmail.lab.check.mail import build_letter, sign_letter
from mssmail.lab.layout import Lab
from mssmail.lab.world import bring_down, bring_up
from tests.support.ports import find_port_base

CONNECTIONS, ROUNDS, SECONDS, DISTINCT = (1, 8, 32), 3, 4.0, 200
STAGES = ("receive", "examine", "commit")


def read_stages(lab: Lab) -> dict[str, float]:
    """Seconds spent in each stage so far."""
    page = httpx.get(f"http://{lab.operators[0].endpoint('http')}/metrics", trust_env=False).text
    return {
        sample.labels["stage"]: sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "mssmail_stage_seconds_total"
    }


def run_load(lab: Lab, connections: int, files: list[Path]) -> dict[str, float]:
    """One round in a process of its own."""
    peer = lab.scenarios["peer"]
    port = str(lab.operators[0].ports.smtp)
    command = [sys.executable, "-m", "scripts.benchmarks.load", port, str(lab.ca_file), peer["cert"], peer["key"]]
    command += [PEER_AUTHOR, NORD, str(connections), str(SECONDS), *map(str, files)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


def write_messages(lab: Lab, folder: Path) -> list[Path]:
    """Distinct signed messages of about 20 kB."""
    files = []
    for number in range(DISTINCT):
        letter = sign_letter(build_letter(PEER_AUTHOR, NORD, size=18_000), Path(lab.scenarios["signer"]["pem"]))
        files.append(folder / f"{number}.eml")
        files[-1].write_bytes(letter.data)
    return files


@dataclass(frozen=True)
class Round:
    """One round: messages a second, microseconds a message in each stage, and of CPU."""

    rate: float
    stages: tuple[float, ...]
    main_cpu: float
    worker_cpu: float
    client_cpu: float
    refused: float


def read_cpu(pid: int) -> float:
    """CPU seconds of a process so far, its threads with it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def list_workers(pid: int) -> list[int]:
    """The children of the server's process."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def measure_round(lab: Lab, connections: int, files: list[Path]) -> Round:
    """Load the lab's first operator once."""
    pid = lab.operators[0].pid or 0
    workers = list_workers(pid)
    stages, main, others = read_stages(lab), read_cpu(pid), sum(map(read_cpu, workers))
    facts = run_load(lab, connections, files)
    count = max(facts["accepted"], 1)
    after = read_stages(lab)
    return Round(
        facts["accepted"] / facts["seconds"],
        tuple((after[name] - stages[name]) / count * 1e6 for name in STAGES),
        (read_cpu(pid) - main) / count * 1e6,
        (sum(map(read_cpu, workers)) - others) / count * 1e6,
        facts["cpu"] / count * 1e6,
        facts["refused"],
    )


def describe(connections: int, rounds: Sequence[Round]) -> tuple[str, ...]:
    """One row of the table: medians."""
    stages = " · ".join(f"{median(column):.0f}" for column in zip(*(each.stages for each in rounds), strict=True))
    figures = [median(getattr(each, name) for each in rounds) for name in ("main_cpu", "worker_cpu", "client_cpu")]
    rate = f"{median(each.rate for each in rounds):.0f}"
    return (
        str(connections),
        rate,
        stages,
        *(f"{each:.0f}" for each in figures),
        f"{sum(each.refused for each in rounds):.0f}",
    )


def bring_up_from(source: Path, folder: Path) -> Lab:
    """A lab that runs the code of this checkout."""
    os.environ |= {"PYTHONPATH": str(source), "PYTHONSAFEPATH": "1"}  # not the current folder's
    return bring_up(folder, find_port_base(), lambda _line: None)


def main(sources: list[Path]) -> None:
    """Bring up a lab for each checkout, load them in turns, print the table."""
    table = Table(box=None, header_style="bold")
    columns = (
        "connections",
        "messages/s",
        " · ".join(STAGES) + " µs",
        "CPU µs: server",
        "workers",
        "client",
        "refused",
    )
    for name in ("code", *columns):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        labs = [bring_up_from(source, Path(folder, str(number))) for number, source in enumerate(sources)]
        try:
            messages = [write_messages(lab, Path(lab.folder)) for lab in labs]
            for connections in CONNECTIONS:
                rounds: list[list[Round]] = [[] for _ in labs]
                for _ in range(ROUNDS):
                    for number, lab in enumerate(labs):
                        rounds[number].append(measure_round(lab, connections, messages[number]))
                for source, found in zip(sources, rounds, strict=True):
                    table.add_row(source.name, *describe(connections, found))
            size = messages[0][0].stat().st_size
        finally:
            for lab in labs:
                bring_down(lab)
    console = Console(width=140)
    console.print(table)
    console.print(f"{size} octets a message, RSA-2048; medians of {ROUNDS} rounds of {SECONDS:.0f} s")


if __name__ == "__main__":
    main([Path.cwd(), *map(Path, sys.argv[1:])])
