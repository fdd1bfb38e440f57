"""Every command of the lab takes its folder the same way."""

import pytest

from tests.support.command import run


@pytest.mark.parametrize("command", ["up", "info", "check", "watch", "thunderbird", "down"])
def test_every_command_of_the_lab_takes_a_folder(command: str) -> None:
    assert "--dir" in run("lab", command, "--help").out
