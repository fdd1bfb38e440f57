"""Exchanges are listed, closed and opened by hand."""

import json
from pathlib import Path

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.exchange import Thread
from mssmail.store.engine import open_store
from mssmail.store.exchanges import note_professional
from tests.support.command import run

DOCTOR, ALICE = parse_address("marie@a.test"), parse_address("279035121518989@patient.test")


def test_exchanges_are_listed_closed_and_opened(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = ("--config", str(tmp_path / "op" / "mssmail.toml"))
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    now = read_clock()
    store.submit(lambda conn: note_professional(conn, DOCTOR, ALICE, Thread("<1@a>"), now, closes=False)).result()
    store.close()

    def list_states(*more: str) -> list[str]:
        return [each["state"] for each in json.loads(run("patient", "exchanges", *config, "--json", *more).out)]

    assert list_states("--account", "marie@a.test") == ["open"]
    assert list_states("--account", "paul@a.test") == []
    assert "Exchange 1 is closed." in run("patient", "close", "1", *config).out
    assert list_states() == ["closed"]
    assert "Exchange 1 is open." in run("patient", "open", "1", *config).out
    assert ALICE.key in run("patient", "exchanges", *config).out
    assert run("patient", "open", "2", *config).code == 1
    assert run("patient", "exchanges", "--account", "nobody", *config).code == 64
