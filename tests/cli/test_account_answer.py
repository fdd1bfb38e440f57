import json
from pathlib import Path

import pytest

from tests.support.command import Answer, run

ANNE = "anne@a.test"


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    assert run("account", "add", ANNE, "--no-owner", "--no-password", "--config", config).code == 0
    return config


def _answer(config: str, *words: str) -> Answer:
    return run("account", "answer", *words, "--config", config)


def test_an_answer_is_set_shown_and_cleared(config: str, tmp_path: Path) -> None:
    file = tmp_path / "absence.txt"
    file.write_text("Absente é\n", "utf-8")
    assert _answer(config, "set", ANNE, "--file", str(file), "--until", "2026-08-15", "--days", "3").code == 0
    facts = json.loads(_answer(config, "show", ANNE, "--json").out)
    assert (facts["text"], facts["days"], facts["from"]) == ("Absente é\n", 3, None)
    assert facts["until"] == "2026-08-15T00:00:00+00:00"
    assert "Absente" in _answer(config, "show", ANNE).out
    assert _answer(config, "clear", ANNE).code == 0
    assert _answer(config, "clear", ANNE).code == 1
    assert _answer(config, "show", ANNE).code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("set", ANNE), 64),
        (("set", ANNE, "--text", "x", "--until", "tomorrow"), 64),
        (("set", ANNE, "--text", " "), 65),
        (("set", "x@a.test", "--text", "x"), 65),
        (("show", "x@a.test"), 65),
    ],
)
def test_refuses_what_cannot_be(config: str, words: tuple[str, ...], code: int) -> None:
    assert _answer(config, *words).code == code
