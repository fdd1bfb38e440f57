"""The check wants a lab that runs."""

from pathlib import Path

from mssmail.core.clock import read_clock
from mssmail.lab.build import build_lab
from tests.support.command import run
from tests.support.ports import find_port_base


def test_a_lab_at_rest_is_not_checked(tmp_path: Path) -> None:
    lab = build_lab(tmp_path / "lab", find_port_base(), read_clock())
    answer = run("lab", "check", "--dir", lab.folder)
    assert answer.code == 1
    assert f"mssmail lab up --dir {lab.folder} --detach" in answer.err
