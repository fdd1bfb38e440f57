"""Accepted messages per second: 20 kB, signed, over 1, 8 and 32 TLS connections, and where the time goes.

Stage times are the server's own (``mssmail_stage_seconds_total``): receive is from the end of the envelope to the final
dot, examine includes waiting for a worker, commit includes waiting for the batch. Client and server share the machine.
"""

import json
import subprocess
import sys
import tempfile
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


def main() -> None:
    """Bring up a lab, load it, print the table."""
    table = Table(box=None, header_style="bold")
    for name in ("connections", "messages/s", "µs each: " + " · ".join(STAGES), "client CPU µs", "refused"):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        lab = bring_up(Path(folder, "lab"), find_port_base(), lambda _line: None)
        try:
            files = write_messages(lab, Path(folder))
            size = files[0].stat().st_size
            for connections in CONNECTIONS:
                table.add_row(*measure(lab, connections, files))
        finally:
            bring_down(lab)
    Console(width=120).print(table)
    Console(width=120).print(f"{size} octets a message, RSA-2048; median of {ROUNDS} rounds of {SECONDS:.0f} s")


def measure(lab: Lab, connections: int, files: list[Path]) -> tuple[str, str, str, str, str]:
    """One row."""
    rates, stages, cpus, refused = [], [], [], 0.0
    for _ in range(ROUNDS):
        before = read_stages(lab)
        facts = run_load(lab, connections, files)
        after = read_stages(lab)
        count = max(facts["accepted"], 1)
        rates.append(facts["accepted"] / facts["seconds"])
        cpus.append(facts["cpu"] / count * 1e6)
        stages.append([(after.get(name, 0) - before.get(name, 0)) / count * 1e6 for name in STAGES])
        refused += facts["refused"]
    each = " · ".join(f"{median(column):.0f}" for column in zip(*stages, strict=True))
    return str(connections), f"{median(rates):.0f}", each, f"{median(cpus):.0f}", f"{refused:.0f}"


if __name__ == "__main__":
    main()
