"""Lists through the command line."""

import json
from pathlib import Path

import pytest

from tests.support.command import Answer, run

LIST, OWNER = "alerts@a.test", "anne@a.test"


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    assert run("account", "add", OWNER, "--no-owner", "--no-password", "--config", config).code == 0
    return config


def _list(config: str, *words: str) -> Answer:
    return run("list", *words, "--config", config)


def test_a_list_is_made_changed_shown_and_deleted(config: str) -> None:
    assert _list(config, "create", LIST, "--owner", OWNER, "--name", "Alertes", "--max-bounces", "0").code == 0
    assert _list(config, "create", LIST, "--owner", OWNER).code == 65
    changed = ("--moderated", "--posting", "members", "--add-moderator", "ben@far.test", "--add-writer", "x@a.test")
    assert _list(config, "change", LIST, *changed).code == 0
    facts = json.loads(_list(config, "show", LIST, "--json").out)
    assert (facts["posting"], facts["moderated"], facts["name"]) == ("members", True, "Alertes")
    assert (facts["moderators"], facts["writers"], facts["members"]) == (["ben@far.test"], ["x@a.test"], 0)
    assert _list(config, "change", LIST, "--unmoderated", "--remove-moderator", "ben@far.test").code == 0
    facts = json.loads(_list(config, "show", LIST, "--json").out)
    assert (facts["moderated"], facts["moderators"]) == (False, [])
    assert "Alertes" in _list(config, "show", LIST).out
    assert [each["list"] for each in json.loads(_list(config, "list", "--json").out)] == [LIST]
    assert LIST in _list(config, "list").out
    assert _list(config, "delete", LIST, "--yes").code == 0
    assert _list(config, "show", LIST).code == 65


@pytest.mark.parametrize(
    "words",
    [
        ("create", "alerts@far.test", "--owner", OWNER),
        ("create", OWNER, "--owner", OWNER),
        ("create", "no address", "--owner", OWNER),
        ("change", LIST, "--moderated"),
        ("delete", LIST, "--yes"),
        ("posts", LIST),
    ],
)
def test_refuses_what_cannot_be(config: str, words: tuple[str, ...]) -> None:
    assert _list(config, *words).code == 65
