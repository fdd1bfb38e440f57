"""The lab's commands, as far as they need no running lab; ``end_to_end`` has one."""

from pathlib import Path

import pytest

from tests.support.command import run


@pytest.mark.parametrize("command", ["info", "check", "down", "thunderbird", "watch"])
def test_without_a_lab_each_command_says_how_to_make_one(command: str, tmp_path: Path) -> None:
    answer = run("lab", command, "--dir", str(tmp_path / "none"))
    assert answer.code == 65
    assert "run mssmail lab up --dir" in answer.err
