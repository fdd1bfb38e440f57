"""What waits is listed."""

import json
from pathlib import Path

from tests.support.command import run


def test_an_empty_queue_is_an_empty_list(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    assert json.loads(run("queue", "list", "--config", config, "--json").out) == []
    assert "next try" in run("queue", "list", "--config", config).out
