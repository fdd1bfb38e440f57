import json
from pathlib import Path

import pytest

from tests.support.command import Answer, run

LIST, OWNER = "alerts@a.test", "anne@a.test"


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    assert run("list", "create", LIST, "--owner", OWNER, "--config", config).code == 0
    return config


def _members(config: str, *words: str) -> Answer:
    return run("list", "members", *words, "--config", config)


def test_members_are_added_listed_and_removed(config: str) -> None:
    assert "2 new members" in _members(config, "add", LIST, "ben@far.test", OWNER).out
    assert "0 new members" in _members(config, "add", LIST, "BEN@far.test").out
    rows = json.loads(_members(config, "list", LIST, "--json").out)
    assert [(row["address"], row["bounces"], row["stopped_at"]) for row in rows] == [
        (OWNER, 0, None),
        ("ben@far.test", 0, None),
    ]
    assert "ben@far.test" in _members(config, "list", LIST).out
    assert json.loads(_members(config, "list", LIST, "--stopped", "--json").out) == []
    assert _members(config, "resume", LIST, OWNER).code == 0
    assert _members(config, "resume", LIST, "x@a.test").code == 65
    assert "1 members fewer" in _members(config, "remove", LIST, OWNER, "x@a.test").out


def test_a_file_is_read_whole_before_anything_is_changed(config: str, tmp_path: Path) -> None:
    file = tmp_path / "members.txt"
    names = "".join(f"n{number}@far.test\n" for number in range(1_203))
    file.write_text(f"\ufeff# duty\n{names}\n n1@far.test # again\nno address\n", "utf-8")
    answer = _members(config, "import", LIST, str(file))
    assert (answer.code, "members.txt:1207" in answer.err) == (65, True)
    assert json.loads(_members(config, "list", LIST, "--json").out) == []
    file.write_text(f"# duty\n{names}\nN1@far.test # again\n")
    assert "1203 new members" in _members(config, "import", LIST, str(file)).out
    assert len(json.loads(_members(config, "list", LIST, "--json").out)) == 1_203
