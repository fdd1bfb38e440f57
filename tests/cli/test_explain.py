"""An id from a reply leads to every fact."""

import json
from pathlib import Path

import pytest

from mssmail.cli.explain import flatten_facts
from mssmail.journal import Entry, Event
from mssmail.store.engine import open_store
from mssmail.store.journal import append_entries
from tests.support.command import run
from tests.support.pki import NOW


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    facts = {"rule": "altered", "facts": {"integrity": "failed: digest differs"}, "to": ["a@a.test", "b@a.test"]}
    entries = (Entry(NOW, Event.REFUSED, "0one", facts), Entry(NOW, Event.REFUSED, "0two", {"rule": "unsigned"}))
    store.submit(lambda conn: append_entries(conn, entries)).result()
    store.close()
    return str(tmp_path / "op" / "mssmail.toml")


def test_people_read_every_fact_of_this_id_and_no_other(config: str) -> None:
    answer = run("explain", "(0one)", "--config", config)
    assert answer.code == 0
    assert "facts.integrity" in answer.out
    assert "failed: digest differs" in answer.out
    assert "unsigned" not in answer.out


def test_programs_read_json(config: str) -> None:
    (entry,) = json.loads(run("explain", "0two", "--config", config, "--json").out)
    assert (entry["event"], entry["facts"]) == ("refused", {"rule": "unsigned"})


def test_an_unknown_id_is_1(config: str) -> None:
    answer = run("explain", "0none", "--config", config)
    assert (answer.code, answer.out) == (1, "")
    assert "knows nothing" in answer.err


def test_nested_facts_become_rows() -> None:
    rows = dict(flatten_facts({"a": {"b": {"c": 1}}, "d": [1, 2], "e": None, "f": "", "g": False}))
    assert rows == {"a.b.c": 1, "d": "1, 2", "g": False}
