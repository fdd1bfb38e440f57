"""Relayed messages a second, to one peer and to ten, and what one message costs.

*backlog*: signed messages of about 20 kB that lie in the queue, from the first taken to the last. *submitted*: unsigned
ones from eight clients; the operator signs (RSA-2048), examines, queues and hands them over meanwhile.
Peers take everything over mutual TLS, in a process of their own; they, the clients and the server share the machine.
CPU is the kernel's, of the server's own process and of its workers.

``python -m scripts.benchmarks.queue``
"""

import json
import smtplib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from mssmail.core.address import parse_address
from mssmail.lab.check.mail import build_letter, sign_letter
from mssmail.lab.pki import describe_subject
from mssmail.settings import Queue, Route
from mssmail.store.engine import Connection, open_store
from mssmail.store.messages import deliver
from mssmail.trust.sign_list import ListEntry, build_white_list, sign_white_list
from scripts.benchmarks.receive import list_workers, read_cpu
from tests.end_to_end.serving import MARIE, PEER_NAME, Serving, make_site, rewrite, serve
from tests.support.operators import LIST_SIGNER, PASSWORD, Site
from tests.support.pki import Pki
from tests.support.store import build_delivery

PEERS, ROUNDS, MESSAGES, CLIENTS = (1, 10), 3, 600, 8
_PATIENCE_SECONDS = 120.0


class Sink:
    """The peers, in a process of their own."""

    def __init__(self, folder: Path, pki: Pki, number: int) -> None:
        pki.make_operator(PEER_NAME).write(folder, "sink")
        (folder / "sink-ca.pem").write_text("".join(map(ssl.DER_cert_to_PEM_cert, [*pki.anchors, *pki.intermediates])))
        names = (folder / "sink.crt", folder / "sink.key", folder / "sink-ca.pem")
        command = [sys.executable, "-m", "scripts.benchmarks.sink", *map(str, names), str(number)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports: list[int] = self._read()

    def ask(self, word: str = "") -> tuple[int, float, float]:
        """Messages taken so far, the moments of the first and the last; after ``reset`` from the beginning."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        number, first, last = self._read()
        return number, first, last

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> list[int]:
        assert self._process.stdout is not None
        found: list[int] = json.loads(self._process.stdout.readline())
        return found


@dataclass(frozen=True)
class Round:
    """Messages a second, and microseconds of CPU a message."""

    rate: float
    main_cpu: float
    worker_cpu: float


def prepare(folder: Path, number: int) -> tuple[Site, Pki, Sink]:
    """An operator whose list names this many domains of one other operator, with a route to each."""
    pki = Pki(datetime.now(UTC).replace(microsecond=0))
    site = make_site(folder / "op", pki, queue=Queue())
    sink = Sink(folder, pki, number)
    domains = [f"p{place}.test" for place in range(number)]
    now, signer = datetime.now(UTC), pki.make_person(LIST_SIGNER)
    names = {"a.test": pki.make_operator("mss.a.test"), **dict.fromkeys(domains, pki.make_operator(PEER_NAME))}
    entries = [ListEntry(domain, describe_subject(each.certificate.subject), now) for domain, each in names.items()]
    raw = build_white_list(entries, now - timedelta(hours=1))
    (site.folder / "list.xml").write_bytes(sign_white_list(raw, signer.key, signer.certificate))  # type: ignore[arg-type]
    routes = tuple(Route(domain, "127.0.0.1", port) for domain, port in zip(domains, sink.ports, strict=True))
    settings = replace(site.settings, route=routes)
    rewrite(site, settings)
    return replace(site, settings=settings), pki, sink


def fill(site: Site, number: int) -> None:
    """Put signed messages into the queue, beside the server, which finds them by itself."""
    marie = parse_address(MARIE)
    store = open_store(site.settings.server.store, exclusive=False)
    key = site.folder / "keys" / f"{MARIE}.pem"
    letters = [sign_letter(build_letter(MARIE, "x@p0.test", size=18_000), key) for _ in range(50)]

    def write(conn: Connection) -> None:
        for place in range(MESSAGES):
            data = f"X-Number: {place}\r\n".encode() + letters[place % len(letters)].data
            recipient = parse_address(f"x@p{place % number}.test")
            delivery = build_delivery(store, data, queue=(recipient,), reverse_path=marie, trace_id=f"b{place}")
            deliver(conn, replace(delivery, relay_prefix=b"", received_at=datetime.now(UTC)))

    store.submit(write).result()
    store.close()


def submit(server: Serving, number: int) -> None:
    """Eight clients, each over one connection."""

    def run(client: int) -> None:
        with smtplib.SMTP(*server.doors["submission"], timeout=60) as smtp:
            smtp.starttls(context=server.build_context())
            smtp.login(MARIE, PASSWORD)
            for place in range(client, MESSAGES, CLIENTS):
                recipient = f"x@p{place % number}.test"
                smtp.sendmail(MARIE, [recipient], build_letter(MARIE, recipient, size=18_000).data)

    threads = [threading.Thread(target=run, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(server: Serving, sink: Sink, work: Callable[[], None]) -> Round:
    """Do the work, until everything has arrived."""
    pid = server.process.pid
    workers = list_workers(pid)
    sink.ask("reset")
    main, others = read_cpu(pid), sum(map(read_cpu, workers))
    work()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while sink.ask()[0] < MESSAGES:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {sink.ask()[0]} of {MESSAGES} arrived")
        time.sleep(0.02)
    _, first, last = sink.ask()
    main_cpu, worker_cpu = read_cpu(pid) - main, sum(map(read_cpu, workers)) - others
    return Round(MESSAGES / (last - first), main_cpu / MESSAGES * 1e6, worker_cpu / MESSAGES * 1e6)


def run_round(number: int) -> tuple[Round, Round]:
    """Backlog and submitted."""
    with tempfile.TemporaryDirectory() as folder:
        site, pki, sink = prepare(Path(folder), number)
        try:
            with serve(site, pki) as server:
                backlog = measure(server, sink, lambda: fill(site, number))
                return backlog, measure(server, sink, lambda: submit(server, number))
        finally:
            sink.close()


def describe(name: str, number: int, rounds: Sequence[Round]) -> tuple[str, ...]:
    """One row of the table: medians."""
    figures = (median(getattr(each, field) for each in rounds) for field in ("rate", "main_cpu", "worker_cpu"))
    return name, str(number), *(f"{figure:.0f}" for figure in figures)


def main() -> None:
    """Run the rounds and print the table."""
    table = Table(box=None, header_style="bold")
    for name in ("load", "peers", "messages/s", "CPU µs: server", "workers"):
        table.add_column(name, justify="right")
    for number in PEERS:
        rounds = [run_round(number) for _ in range(ROUNDS)]
        table.add_row(*describe("backlog", number, [backlog for backlog, _ in rounds]))
        table.add_row(*describe("submitted", number, [submitted for _, submitted in rounds]))
    console = Console(width=140)
    console.print(table)
    console.print(f"{MESSAGES} messages a round, RSA-2048; medians of {ROUNDS} rounds")


if __name__ == "__main__":
    main()
