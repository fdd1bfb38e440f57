import json
from pathlib import Path

import pytest

from tests.support.command import Answer, run


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    for name in ("anne", "ben"):
        assert run("account", "add", f"{name}@a.test", "--no-owner", "--no-password", "--config", config).code == 0
    return config


def _forward(config: str, *words: str) -> Answer:
    return run("account", "forward", *words, "--config", config)


def test_mail_goes_on_until_it_stays_again(config: str) -> None:
    assert "and is kept" in _forward(config, "set", "anne@a.test", "ben@a.test").out
    assert "and is not kept" in _forward(config, "set", "anne@a.test", "ben@a.test", "x@far.test", "--no-copy").out
    assert json.loads(_forward(config, "list", "--json").out) == [
        {"account": "anne@a.test", "targets": ["ben@a.test", "x@far.test"], "keeps": False}
    ]
    assert "x@far.test" in _forward(config, "list").out
    assert _forward(config, "clear", "anne@a.test").code == 0
    assert _forward(config, "clear", "anne@a.test").code == 1


def test_refuses_to_send_on_to_nobody_and_to_itself(config: str) -> None:
    assert _forward(config, "set", "anne@a.test", "nobody@a.test").code == 65
    assert _forward(config, "set", "anne@a.test", "anne@a.test").code == 65
    assert _forward(config, "set", "nobody@a.test", "anne@a.test").code == 65
