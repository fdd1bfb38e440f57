"""Aliases and forwarding through the command line."""

import json
from pathlib import Path

import pytest

from tests.support.command import run


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    for name in ("anne", "ben"):
        assert run("account", "add", f"{name}@a.test", "--no-owner", "--no-password", "--config", config).code == 0
    return config


def test_an_alias_is_added_shown_and_removed(config: str) -> None:
    added = run("alias", "add", "team@a.test", "anne@a.test", "x@far.test", "--config", config)
    assert (added.code, "leads to anne@a.test, x@far.test" in added.out) == (0, True)
    assert "no white list yet" in added.err
    assert json.loads(run("alias", "list", "--config", config, "--json").out) == [
        {"alias": "team@a.test", "targets": ["anne@a.test", "x@far.test"]}
    ]
    assert "team@a.test" in run("alias", "list", "--to", "anne@a.test", "--config", config).out
    shown = json.loads(run("alias", "show", "team+x@a.test", "--config", config, "--json").out)
    assert [(end["address"], end["kind"]) for end in shown["ends"]] == [
        ("anne@a.test", "account here"),
        ("x@far.test", "elsewhere"),
    ]
    assert "account here" in run("alias", "show", "team@a.test", "--config", config).out
    assert run("alias", "remove", "team@a.test", "x@far.test", "--config", config).code == 0
    assert run("alias", "remove", "team@a.test", "--config", config).code == 0
    assert run("alias", "remove", "team@a.test", "--config", config).code == 65


def test_what_leads_nowhere_says_so(config: str) -> None:
    run("alias", "add", "team@a.test", "anne@a.test", "--config", config)
    run("account", "remove", "anne@a.test", "--yes", "--config", config)
    answer = run("alias", "show", "team@a.test", "--config", config)
    assert (answer.code, "anne@a.test takes no mail" in answer.err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("add", "team@far.test", "anne@a.test"),  # not a domain of ours
        ("add", "team@a.test", "nobody@a.test"),  # nobody takes mail there
        ("add", "anne@a.test", "ben@a.test"),  # an account
        ("add", "team@a.test", "team@a.test"),
        ("add", "team", "anne@a.test"),
        ("show", "team@far.test"),
    ],
)
def test_refuses_what_cannot_be(config: str, words: tuple[str, ...]) -> None:
    assert run("alias", *words, "--config", config).code == 65
