"""Administrators' changes are journaled with what they changed, or not at all."""

from pathlib import Path

import pytest

from mssmail.cli.store import ask_store, change_store
from mssmail.errors import NoSuchAccount
from mssmail.journal import Event
from mssmail.settings import Settings, load_settings
from mssmail.store.engine import Connection
from mssmail.store.journal import read_entries
from tests.support.command import run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    return load_settings(tmp_path / "op" / "mssmail.toml")


def _acts(settings: Settings) -> list[object]:
    entries = ask_store(settings, lambda conn: read_entries(conn, event=Event.ADMIN))
    return [kept.entry.facts["act"] for kept in entries]


def test_an_act_is_journaled_and_a_refused_one_is_not(settings: Settings) -> None:
    assert change_store(settings, "done", lambda _conn: True) is True
    assert change_store(settings, "not done", lambda _conn: False) is False

    def fail(_conn: Connection) -> None:
        raise NoSuchAccount("nobody")

    with pytest.raises(NoSuchAccount):
        change_store(settings, "failed", fail)
    assert _acts(settings) == ["done"]
