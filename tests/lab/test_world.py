"""The lab's life, as far as it can be told without starting it; ``end_to_end`` starts it."""

import socket
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.errors import Fault
from mssmail.lab.build import build_lab
from mssmail.lab.ports import PortTaken
from mssmail.lab.world import (
    LOCK_FILE,
    NoLab,
    bring_down,
    bring_up,
    describe_thunderbird,
    find_lab,
    hold_folder,
    is_up,
    is_well,
)
from tests.support.ports import find_port_base


def test_where_there_is_no_lab_the_command_to_make_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoLab, match="mssmail lab up --dir"):
        find_lab(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"folder": "x", "operators": [{}], "started_in": ""}'])
def test_a_lab_of_another_version_is_named_and_no_traceback(tmp_path: Path, text: str) -> None:
    (tmp_path / "lab.json").write_text(text)
    with pytest.raises(NoLab, match="another version"):
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


def test_a_moved_lab_is_found_where_it_is_now(tmp_path: Path) -> None:
    made = build_lab(tmp_path / "lab", find_port_base(), read_clock())
    made.with_pids(2**22 + 1, {}).save()
    (tmp_path / "lab").rename(tmp_path / "elsewhere")
    found = find_lab(tmp_path / "elsewhere")
    assert found.operators[0].config.exists()
    assert Path(found.accounts[0].p12).exists()
    assert Path(found.scenarios["peer"]["cert"]).exists()
    assert found.started_in == made.folder
    assert str(tmp_path / "lab") not in describe_thunderbird(found)


def test_a_second_lab_up_in_the_same_folder_waits_for_nobody(tmp_path: Path) -> None:
    with hold_folder(tmp_path / "lab"), pytest.raises(Fault, match="another mssmail lab up"):
        bring_up(tmp_path / "lab", find_port_base(), lambda _line: None)


def test_an_interrupted_build_is_begun_again(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    with hold_folder(folder):
        (folder / "ca").mkdir()
        (folder / "ca" / "root.crt").write_text("half a certif")
        (folder / "draft").write_text("")
    base = find_port_base()
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + 25))
        other.listen()
        with pytest.raises(PortTaken, match="--port-base"):
            bring_up(folder, base, lambda _line: None)
    assert [path.name for path in folder.iterdir()] == [LOCK_FILE]
