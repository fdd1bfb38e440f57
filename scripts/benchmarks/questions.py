"""What a mail program waits for, asked of any IMAP server: medians in milliseconds, memory in kB.

Beside the time that passed stands the CPU time of the server (names that end in ``CPU``): on a machine that is busy
with other things it is the figure to compare.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from itertools import count
from statistics import median
from time import perf_counter, perf_counter_ns
from typing import NamedTuple

from scripts.benchmarks.bystander import Waits
from scripts.benchmarks.letters import COMMON
from scripts.benchmarks.mail_client import Client
from scripts.benchmarks.processes import measure_cpu, measure_memory
from tests.support.memory import forget_peak, measure_peak, measure_resident

ROUNDS, IDLERS, PUSHES = 3, 50, 9
THUNDERBIRD = (
    "(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority "
    "References Newsgroups In-Reply-To Content-Type Reply-To)])"
)
_QUESTIONS = (
    ("SELECT", "SELECT INBOX"),
    ("FETCH headers as Thunderbird asks", f"UID FETCH 1:* {THUNDERBIRD}"),
    ("FETCH ENVELOPE BODYSTRUCTURE", "UID FETCH 1:* (ENVELOPE BODYSTRUCTURE)"),
    ("FETCH all bodies", "UID FETCH 1:* BODY.PEEK[]"),
    ("SEARCH SUBJECT, one match", 'UID SEARCH SUBJECT "rendu 999"'),
    ("SEARCH FROM, one in 500", "UID SEARCH FROM dr77@"),
    ("SEARCH BODY, no match", 'UID SEARCH BODY "nothing like it"'),
    ("SEARCH BODY, one match", 'UID SEARCH BODY "examen 777"'),
    ("SEARCH BODY, all match", f"UID SEARCH BODY {COMMON}"),
    ("SEARCH BODY, two letters", "UID SEARCH BODY kx"),
    ("SORT (SUBJECT)", "UID SORT (SUBJECT) UTF-8 ALL"),
    ("SORT (REVERSE DATE)", "UID SORT (REVERSE DATE) UTF-8 ALL"),
    ("THREAD REFERENCES", "UID THREAD REFERENCES UTF-8 ALL"),
    ("THREAD REFERENCES by number", "THREAD REFERENCES UTF-8 ALL"),
    ("SEARCH RETURN (ALL)", "SEARCH RETURN (ALL) ALL"),
)

Connect = Callable[[], Client]
Figures = dict[str, float]


class Server(NamedTuple):
    """One that is asked: how to sign in to it, its main process, and a bystander who sees how long others wait."""

    connect: Connect
    pid: int
    stand_by: Callable[[], AbstractContextManager[Waits]]


def ask_all(servers: Mapping[str, Server], rounds: int = ROUNDS) -> dict[str, Figures]:
    """Every figure of each server. They answer in turns: what else the machine does meanwhile touches them alike."""
    figures = {name: _Figures(name) for name in servers}
    for name, server in servers.items():  # first: later, connections live on what the questions left behind
        figures[name]["memory of an idle connection, kB"] = _ask_memory(server)
    clients = {name: server.connect() for name, server in servers.items()}
    works: dict[str, dict[str, Callable[[], object]]] = {}
    for name, client in clients.items():
        client.do("SELECT INBOX")
        works[name] = _list_works(client)
    for question in next(iter(works.values())):
        samples: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                samples[name].append(_time(works[name][question], server.pid))
        for name, taken in samples.items():
            figures[name][question] = median(passed for passed, _ in taken)
            figures[name][f"{question}, CPU"] = sum(cpu for _, cpu in taken) / rounds
    for name, server in servers.items():
        figures[name]["QRESYNC after 100 changes"] = _ask_resync(server.connect)
        figures[name]["IDLE push"] = _ask_push(server.connect)
        clients[name].close()
    return dict(figures)


def ask_beside(server: Server) -> Figures:
    """The same once more, with somebody else's longest wait and what memory the server needed for it."""
    client = server.connect()
    client.do("SELECT INBOX")
    figures: Figures = {}
    spans: dict[str, tuple[float, float]] = {}
    with server.stand_by() as waits:
        for name, work in _list_works(client).items():
            resident = measure_resident(server.pid)
            forget_peak(server.pid)
            began = perf_counter()
            work()
            spans[name] = (began, perf_counter())
            figures[f"{name}, memory in kB"] = measure_peak(server.pid) - resident
    client.close()
    for name, (began, ended) in spans.items():
        figures[f"{name}, another waits"], figures[f"{name}, for our work"] = waits.find_longest(began, ended)
    return figures


def _list_works(client: Client) -> dict[str, Callable[[], object]]:
    mark = f"k{perf_counter_ns():x}"
    marks = count()
    works: dict[str, Callable[[], object]] = {
        name: lambda command=command: client.do(command)  # type: ignore[misc]
        for name, command in _QUESTIONS
    }
    works["STORE on all"] = lambda: client.do(f"UID STORE 1:* FLAGS.SILENT ({mark}.{next(marks)})")
    return works


class _Figures(dict[str, float]):
    """Shows each as it comes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __setitem__(self, question: str, figure: float) -> None:
        print(f"{self._name:10} {question:40} {figure:10.1f}", file=sys.stderr, flush=True)
        super().__setitem__(question, figure)


def _time(work: Callable[[], object], pid: int) -> tuple[float, float]:
    """Milliseconds that pass, and of the process's CPU."""
    before, began = measure_cpu(pid), perf_counter()
    work()
    return (perf_counter() - began) * 1e3, measure_cpu(pid) - before


def _ask_resync(connect: Connect) -> float:
    client, other = connect(), connect()
    client.do("ENABLE QRESYNC")
    other.do("SELECT INBOX")
    times = []
    for number in range(ROUNDS):
        answer = client.do("SELECT INBOX")
        validity, modseq = (
            int(answer.partition(name)[2].split(b"]")[0]) for name in (b"[UIDVALIDITY ", b"[HIGHESTMODSEQ ")
        )
        client.do("UNSELECT")
        first = 1 + 100 * number
        other.do(f"STORE {first}:{first + 89} +FLAGS.SILENT (resync{perf_counter_ns()})")
        other.do(f"STORE {first + 90}:{first + 99} +FLAGS.SILENT (\\Deleted)")
        other.do("EXPUNGE")
        began = perf_counter()
        client.do(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")
        times.append(perf_counter() - began)
    for each in (client, other):
        each.close()
    return median(times) * 1e3


def _read_number(answer: bytes, name: bytes) -> int:
    return int(answer.partition(name)[2].partition(b"]")[0])


def _ask_push(connect: Connect) -> float:
    """Between another session's command and our IDLE hearing of its effect."""
    client, other = connect(), connect()
    client.do("SELECT INBOX")
    client.send(b"Z IDLE\r\n")
    client.read_until(b"\r\n", b"+ ")
    times = []
    for _ in range(PUSHES):
        other.send(b"P APPEND INBOX {26+}\r\nSubject: now\r\n\r\nnow, now\r\n\r\n")
        began = perf_counter()
        while b"EXISTS" not in client.read_until(b"\r\n"):
            pass
        times.append(perf_counter() - began)
        other.read_until(b"\r\n", b"P OK")
    for each in (client, other):
        each.close()
    return median(times) * 1e3


def _ask_memory(server: Server) -> float:
    first = server.connect()  # what the first of all brings up belongs to no connection
    first.do("SELECT INBOX")
    before = measure_memory(server.pid)
    clients = [server.connect() for _ in range(IDLERS)]
    for client in clients:
        client.do("SELECT INBOX")
        client.send(b"Z IDLE\r\n")
        client.read_until(b"\r\n", b"+ ")
    grown = measure_memory(server.pid) - before
    for client in (first, *clients):
        client.close()
    return grown / IDLERS
