"""White lists of 9,000 and 200,000 entries: how long they take, what memory, and how long others stall.

Others are sessions of the same event loop: a task that wakes every millisecond measures how late it is. Under load, a
second thread keeps hashing mail, as sessions do. ``scripts/bench white_list``.
"""

import asyncio
import hashlib
import resource
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from mssmail.flows.last_good import LastGood
from mssmail.flows.list_keeper import ListKeeper
from mssmail.settings import Trust
from mssmail.trust.sign_list import ListEntry
from tests.support.lists import GENERATED_AT, NAME, RULE, make_list, make_store
from tests.support.pki import NOW

DOMAINS, ENTRIES_A_DOMAIN, OPERATORS = 100_000, 2, 400
WORDS = "Domaine de messagerie sécurisée d'un établissement de santé qui n'existe pas"


def build_entries(domains: int, shift: int = 0) -> Iterator[ListEntry]:
    """Two names a domain, of 400 operators, as the real list has them."""
    for number in range(domains):
        for other in range(ENTRIES_A_DOMAIN):
            operator = (number * 7 + other + shift) % OPERATORS
            yield ListEntry(f"ch-{number}.mssante.test", NAME.format(f"op-{operator}"), GENERATED_AT, WORDS)


async def watch(late: list[tuple[float, float]], until: asyncio.Event) -> None:
    """For each wake-up, the milliseconds it comes late, and those of this process's own work (CPU) in between.

    On a busy machine the first is the machine's; the second is what this program held its sessions up.
    """
    loop = asyncio.get_running_loop()
    while not until.is_set():
        due, worked = loop.time() + 0.001, time.process_time()
        await asyncio.sleep(0.001)
        late.append(((loop.time() - due) * 1_000, (time.process_time() - worked) * 1_000))


@contextmanager
def load(*, is_on: bool) -> Iterator[None]:
    """Another thread at work, with and without the interpreter's lock in turn."""
    stopping = threading.Event()

    def work() -> None:
        data = bytes(200_000)
        while not stopping.is_set():
            hashlib.sha256(data).hexdigest()
            sum(range(2_000))

    thread = threading.Thread(target=work)
    if is_on:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        if is_on:
            thread.join()


async def refresh(keeper: ListKeeper, raw: bytes, file: Path, hours: int) -> tuple[float, float, float, float]:
    """Seconds it took; in milliseconds the longest stall, the 99.9th percentile, and the longest of our own work."""
    await asyncio.to_thread(file.write_bytes, raw)
    context = ssl.create_default_context()  # takes a while, and is not what is measured
    late: list[tuple[float, float]] = []
    done = asyncio.Event()
    watcher = asyncio.create_task(watch(late, done))
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    snapshot = make_store().snapshot
    if not await keeper.refresh(snapshot, context, NOW + timedelta(hours=hours), force=True):
        raise SystemExit(f"not adopted: {keeper.last_fault}")
    took = time.perf_counter() - started
    await asyncio.sleep(0.05)
    done.set()
    await watcher
    walls = sorted(wall for wall, _ in late)
    return took, walls[-1], walls[int(len(walls) * 0.999)], max(own for _, own in late)


async def measure_idle(late: list[tuple[float, float]]) -> None:
    """The same watch over nothing, for two seconds."""
    done = asyncio.Event()
    watcher = asyncio.create_task(watch(late, done))
    await asyncio.sleep(2)
    done.set()
    await watcher


def main() -> None:
    """Print both sizes, at rest and under load."""
    console = Console()
    console.print("[dim]making the lists …[/]")
    small = [make_list(build_entries(4_500, shift)) for shift in (0, 1)]
    large = [make_list(build_entries(DOMAINS, shift), generated_at=GENERATED_AT) for shift in (0, 1)]
    idle: list[tuple[float, float]] = []
    asyncio.run(measure_idle(idle))
    console.print(f"nothing to do: longest stall {max(idle)[0]:.0f} ms (what this machine's other work costs)")
    for label, lists in (("9,000 entries", small), ("200,000 entries", large)):
        for is_loaded in (False, True):
            with tempfile.TemporaryDirectory() as folder, load(is_on=is_loaded):
                file = Path(folder) / "list.xml"
                keeper = ListKeeper(Trust(white_list_file=file, white_list_signer=RULE), LastGood(Path(folder) / "t"))
                first = asyncio.run(refresh(keeper, lists[0], file, 1))
                second = asyncio.run(refresh(keeper, lists[1], file, 2))
            state = "under load" if is_loaded else "at rest"
            for what, (took, worst, rare, own) in (("first", first), ("every name changed", second)):
                console.print(
                    f"{label} ({len(lists[0]) / 1e6:.1f} MB), {state}, {what}: {took:.2f} s, "
                    f"longest stall {worst:.0f} ms (of it our own work: {own:.0f}), 99.9 % under {rare:.0f} ms"
                )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    console.print(f"largest memory: this process {peak:.0f} MB (it has made the lists), the reader {child:.0f} MB")


if __name__ == "__main__":
    main()
