"""Processes of the lab: awaited with their log, stopped only when they are ours."""

import os
from pathlib import Path

import pytest

from mssmail.lab.processes import ProcessFault, is_running, start_process, stop_process, wait_until


def test_a_process_that_dies_early_shows_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pid = start_process(["no-such-command", str(tmp_path)], log)
    with pytest.raises(ProcessFault, match="ended before it was ready"):
        wait_until(lambda: False, lambda: is_running(pid, str(tmp_path)), 30, "the command", log)


def test_a_foreign_process_is_left_alone() -> None:
    assert stop_process(os.getpid(), "a mark this process does not carry") is False


def test_a_process_that_is_gone_is_not_running() -> None:
    assert not is_running(2**22 + 1, "")
