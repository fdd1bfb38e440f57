"""The life of a lab on the command line, as far as nothing needs to run; ``end_to_end`` runs it."""

import json
from pathlib import Path

from mssmail.core.clock import read_clock
from mssmail.lab.build import build_lab
from tests.support.command import run
from tests.support.ports import find_port_base


def test_a_lab_at_rest_tells_all_about_itself(tmp_path: Path) -> None:
    lab = build_lab(tmp_path / "lab", find_port_base(), read_clock())
    tree = json.loads(run("lab", "info", "--dir", lab.folder, "--json").out)
    assert tree["up"] is False
    shown = run("lab", "info", "--dir", lab.folder).out
    assert all(account.password in shown for account in lab.accounts)
    assert lab.accounts[0].password in run("lab", "thunderbird", "--dir", lab.folder).out
    assert run("lab", "down", "--dir", lab.folder).out == "lab: 0 processes stopped\n"


def test_port_bases_that_cannot_be_are_bad_usage(tmp_path: Path) -> None:
    assert run("lab", "up", "--dir", str(tmp_path / "lab"), "--port-base", "80").code == 64
    assert not (tmp_path / "lab").exists()
