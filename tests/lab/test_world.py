"""The lab's life, as far as it can be told without starting it; ``end_to_end`` starts it."""

from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.errors import Fault
from mssmail.lab.build import build_lab
from mssmail.lab.world import NoLab, bring_down, bring_up, describe_thunderbird, find_lab, is_up, is_well
from tests.support.ports import find_port_base


def test_where_there_is_no_lab_the_command_to_make_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoLab, match="mssmail lab up --dir"):
        find_lab(tmp_path)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(Fault, match="neither empty nor a lab"):
        bring_up(tmp_path, find_port_base(), lambda _line: None)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_lab_at_rest_is_neither_up_nor_well_and_tells_how_to_read_it(tmp_path: Path) -> None:
    lab = build_lab(tmp_path / "lab", find_port_base(), read_clock())
    assert not is_up(lab)
    assert not is_well(lab.operators[0])
    assert bring_down(lab) == 0
    steps = describe_thunderbird(lab)
    assert lab.accounts[0].address in steps
    assert str(lab.ca_file) in steps
    with pytest.raises(Fault, match="was built for --port-base"):
        bring_up(tmp_path / "lab", lab.port_base + 500, lambda _line: None)
