"""What is put aside is listed, shown, let go."""

import json
from pathlib import Path

import pytest

from mssmail.store.engine import open_store
from mssmail.store.quarantine import Held, hold
from tests.support.command import run
from tests.support.pki import NOW

DIGEST = "ab" * 32
HELD = Held(DIGEST, 5, True, "0trace", "it overran its deadline", {"from": "<a@a.test>", "to": ["b@b.test"]}, NOW)


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A store with one message in quarantine."""
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    store.keep_in_quarantine(b"hello", DIGEST)
    store.submit(lambda conn: hold(conn, HELD)).result()
    store.close()
    return str(tmp_path / "op" / "mssmail.toml")


def ask(config: str, *arguments: str) -> tuple[int, str]:
    answer = run("message", "quarantine", *arguments, "--config", config)
    return answer.code, answer.out + answer.err


def test_the_list_and_the_whole_story(config: str, tmp_path: Path) -> None:
    code, out = ask(config, "list")
    assert code == 0
    assert DIGEST[:16] in out
    assert "it overran its deadline" in out
    [told] = json.loads(ask(config, "list", "--json")[1])
    assert (told["sha256"], told["kept"], told["octets"]) == (DIGEST, True, 5)
    assert "<a@a.test>" in ask(config, "show", "ab")[1]
    assert json.loads(ask(config, "show", "0trace", "--json")[1])["envelope"]["to"] == ["b@b.test"]
    assert ask(config, "show", "abab", "--output", str(tmp_path / "out.eml"))[0] == 0
    assert (tmp_path / "out.eml").read_bytes() == b"hello"


def test_a_name_that_fits_nothing_is_said_so(config: str) -> None:
    code, out = ask(config, "show", "ff")
    assert code == 1
    assert "0 messages in quarantine are named ff" in out


def test_dropped_bytes_are_gone_and_the_entry_stays(config: str, tmp_path: Path) -> None:
    assert ask(config, "drop", "ab") == (0, f"Dropped the bytes of {DIGEST}.\n")
    assert json.loads(ask(config, "show", "ab", "--json")[1])["kept"] is False
    assert ask(config, "show", "ab", "--output", str(tmp_path / "out.eml"))[0] == 1
    assert ask(config, "list")[1].count(" no ") == 1


def test_a_release_forgets_everything_but_the_journal(config: str) -> None:
    assert ask(config, "release", "ab")[0] == 0
    assert json.loads(ask(config, "list", "--json")[1]) == []
    assert "quarantine release" in run("explain", "0trace", "--config", config).out
