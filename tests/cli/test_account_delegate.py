"""Delegations through the command line."""

import json
from pathlib import Path

import pytest

from tests.support.command import run


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    for name in ("team", "anne"):
        assert run("account", "add", f"{name}@a.test", "--no-owner", "--no-password", "--config", config).code == 0
    return config


def _delegate(config: str, *words: str) -> tuple[int, str]:
    answer = run("account", "delegate", *words, "--config", config)
    return answer.code, answer.out + answer.err


def test_rights_are_given_shown_and_taken_back(config: str) -> None:
    assert _delegate(config, "add", "team@a.test", "anne@a.test") == (
        0,
        "anne@a.test has on team@a.test: write, send-as.\n",
    )
    [row] = json.loads(_delegate(config, "list", "--json")[1])
    assert (row["box"], row["account"], row["rights"], row["mailbox"]) == (
        "team@a.test",
        "anne@a.test",
        "lrswipkxte0",
        "",
    )
    assert "anne@a.test" in _delegate(config, "list", "team@a.test")[1]
    assert "anne@a.test" not in _delegate(config, "list", "--of", "team@a.test")[1]
    assert _delegate(config, "remove", "team@a.test", "anne@a.test")[0] == 0
    code, said = _delegate(config, "remove", "team@a.test", "anne@a.test")
    assert (code, "has no rights" in said) == (1, True)


def test_refuses_unknown_rights_and_accounts(config: str) -> None:
    assert _delegate(config, "add", "team@a.test", "anne@a.test", "--rights", "everything")[0] == 65
    assert _delegate(config, "add", "team@a.test", "ben@a.test")[0] == 65


def test_a_password_can_be_taken_away(config: str) -> None:
    done = run("account", "passwd", "anne@a.test", "--password-stdin", "--config", config, stdin="correct horse\n")
    assert done.code == 0
    assert run("account", "passwd", "anne@a.test", "--no-password", "--config", config).code == 0
