"""Nothing that was answered 250 is lost, whenever the server is killed; no UID ever names two messages."""

import gc
import os
import random
import signal
import threading
from collections.abc import Iterator, Sized
from datetime import datetime
from pathlib import Path
from time import monotonic

import pytest

from mssmail.core.clock import read_clock
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab
from mssmail.lab.world import bring_down, bring_up, start_operator, wait_for_operator
from mssmail.store.engine import Store, open_store
from mssmail.store.fsck import check_store
from mssmail.store.queue import list_items
from tests.end_to_end.promises import Ledger, Load, check_operator, check_relayed
from tests.support.ports import find_port_base

KILLS = int(os.environ.get("MSSMAIL_KILLS", "20"))
PATIENCE_SECONDS = 120


@pytest.fixture
def world(tmp_path: Path) -> Iterator[list[Lab]]:
    """A lab of its own, in a list because its process numbers change."""
    labs = [bring_up(tmp_path / "lab", find_port_base(), lambda _line: None)]
    yield labs
    bring_down(labs[0])


# The standard library's clients leave a socket open when the server dies while they sign in or begin TLS.
@pytest.mark.filterwarnings("ignore:unclosed <(ssl|socket)", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_twenty_kills_lose_nothing_that_was_promised(world: list[Lab]) -> None:
    ledger, kills = Ledger(), list[datetime]()
    choice = random.Random(7)
    for _ in range(KILLS):
        lab = world[0]
        load = Load(Stage(lab), ledger)
        load.start()
        try:
            # Signing in takes its time: without waiting for it only peers would ever be cut off.
            kinds: list[Sized] = [ledger.submitted, ledger.appended]
            kind = choice.choice(kinds)
            _wait_for_promises(kind, len(kind) + choice.randrange(1, 12))
        finally:
            kills.append(_kill(lab, choice.uniform(0, 0.02)))
            load.join()
            gc.collect()
        world[0] = _restart(lab)
        check_operator(Stage(world[0]), ledger)
    assert min(len(ledger.received), len(ledger.submitted), len(ledger.appended)) > KILLS // 4, _describe(ledger)
    _check_stores(world[0], ledger, kills)


def _wait_for_promises(kind: Sized, count: int) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while len(kind) < count:
        assert monotonic() < deadline, "the server makes no promises"
        threading.Event().wait(0.005)


def _kill(lab: Lab, delay_seconds: float) -> datetime:
    """At any moment of whatever the server is doing; the moment it was dead for sure."""
    pid = lab.operators[0].pid
    assert pid is not None
    threading.Event().wait(delay_seconds)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return read_clock()


def _restart(lab: Lab) -> Lab:
    pids = {operator.name: operator.pid for operator in lab.operators}
    pids["nord"] = start_operator(lab.operators[0])
    changed = lab.with_pids(lab.services_pid, pids)
    changed.save()
    wait_for_operator(changed.operators[0])
    return changed


def _check_stores(lab: Lab, ledger: Ledger, kills: list[datetime]) -> None:
    """What was submitted has arrived over there, and both stores are whole."""
    here, there = (open_store(operator.path / "store", exclusive=False) for operator in lab.operators)
    try:
        _wait_for_queue(here)
        twice = check_relayed(Stage(lab), there, ledger, kills)
        assert check_store(here) == []
        assert check_store(there) == []
    finally:
        here.close()
        there.close()
    print(f"{len(kills)} kills; {_describe(ledger)}; {twice} arrived twice, each across a kill")


def _describe(ledger: Ledger) -> str:
    return f"{len(ledger.received)} received, {len(ledger.submitted)} submitted, {len(ledger.appended)} appended"


def _wait_for_queue(store: Store) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while store.read(list_items).result():
        assert monotonic() < deadline, "the queue does not empty itself"
        threading.Event().wait(0.1)
