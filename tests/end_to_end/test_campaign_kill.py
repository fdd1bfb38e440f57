"""A campaign whose server and command are killed again and again: each patient gets the letter, and gets it once."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.campaign import RowState
from mssmail.core.clock import read_clock
from mssmail.lab.build import PATIENT_DOMAIN
from mssmail.lab.check.cases import CABINET
from mssmail.lab.layout import Lab
from mssmail.lab.world import bring_down, bring_up, start_operator, wait_for_operator
from mssmail.store.accounts import NewAccount, create_account, find_account
from mssmail.store.campaigns import count_rows, find_campaign
from mssmail.store.changes import load_all
from mssmail.store.engine import Connection, Store, open_store
from mssmail.store.mailboxes import find_mailbox
from tests.end_to_end.serving import command
from tests.support.ports import find_port_base

PATIENTS, KILLS, PATIENCE_SECONDS = 60, 4, 120
TEMPLATE = (
    f"To: {{{{ins}}}}@{PATIENT_DOMAIN}\nSubject: Rappel pour {{{{nom}}}}\nX-MSS-MES: FIN\n\nBonjour {{{{nom}}}}.\n"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[list[Lab]]:
    """A lab of its own, in a list because its process numbers change."""
    labs = [bring_up(tmp_path / "lab", find_port_base(), lambda _line: None)]
    yield labs
    bring_down(labs[0])


def _list_patients() -> list[Address]:
    """Invented people, each with the key that belongs to the number."""
    numbers = [2_790_351_210_000 + each for each in range(PATIENTS)]
    return [parse_address(f"{number}{97 - number % 97:02}@{PATIENT_DOMAIN}") for number in numbers]


def test_killing_server_and_command_neither_forgets_nor_repeats_anybody(world: list[Lab], tmp_path: Path) -> None:
    operator, patients = world[0].find_operator("sud"), _list_patients()
    store = open_store(operator.path / "store", exclusive=False)
    try:
        store.submit(lambda conn: _add_accounts(conn, patients)).result()
        (tmp_path / "t.txt").write_text(TEMPLATE, "utf-8")
        rows = [f"{each.local};Personne {number}" for number, each in enumerate(patients)]
        (tmp_path / "r.csv").write_text("\n".join(["ins;nom", *rows]), "utf-8")
        arguments = command("patient", "send", "--template", str(tmp_path / "t.txt"), "--csv", str(tmp_path / "r.csv"))
        arguments += ["--account", CABINET, "--name", "rappel", "--config", str(operator.config)]
        for number in range(KILLS):
            sender = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _wait_for_sent(store, (number + 1) * PATIENTS // (KILLS + 2))
            _kill(world[0])
            sender.kill()
            sender.wait()
            world[0] = _restart(world[0])
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
        assert done.returncode == 0, done.stderr
        assert f"{PATIENTS} delivered" in done.stdout
        got = store.read(lambda conn: _count_letters(conn, patients)).result()
    finally:
        store.close()
    assert got == Counter({str(each): 1 for each in patients})


def _kill(lab: Lab) -> None:
    pid = lab.find_operator("sud").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _restart(lab: Lab) -> Lab:
    pids = {each.name: each.pid for each in lab.operators} | {"sud": start_operator(lab.find_operator("sud"))}
    changed = lab.with_pids(lab.services_pid, pids)
    changed.save()
    wait_for_operator(changed.find_operator("sud"))
    return changed


def _add_accounts(conn: Connection, patients: list[Address]) -> None:
    for each in patients:
        create_account(conn, NewAccount(each, read_clock()))


def _wait_for_sent(store: Store, number: int) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while store.read(_count_sent).result() < number:
        assert monotonic() < deadline, "nothing is sent"
        sleep(0.01)


def _count_sent(conn: Connection) -> int:
    campaign = find_campaign(conn, parse_address(CABINET), "rappel")
    return 0 if campaign is None else count_rows(conn, campaign)[RowState.SENT]


def _count_letters(conn: Connection, patients: list[Address]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for each in patients:
        account = find_account(conn, each)
        assert account is not None
        mailbox = find_mailbox(conn, account.id, "INBOX")
        counted[str(each)] = len(load_all(conn, mailbox.id)[1].appeared)
    return counted
