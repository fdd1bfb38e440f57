"""The report, for people, programs and spreadsheets."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.cli.report import flatten_report, parse_month
from mssmail.journal import Entry, Event
from mssmail.store.engine import open_store
from mssmail.store.journal import append_entries
from tests.support.command import run

_AT = datetime(2026, 10, 15, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> str:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    facts: dict[str, object] = {"subject": "CN=peer, O=X", "verdict": "trusted"}
    facts |= {"x_mss": {"nil": "=1+1"}, "types": ["11502-2 abnormal"]}
    entries = [
        Entry(_AT, Event.RECEIVED, "1", facts),
        Entry(_AT, Event.SIGNED_IN, "2", {"account": "a@a.test"}),
        Entry(_AT, Event.RELAYED, "3", {"peer": "CN=peer, O=X", "seconds": 2.0}),
        Entry(_AT.replace(month=11), Event.RECEIVED, "4", facts),
    ]
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    store.submit(lambda conn: append_entries(conn, entries)).result()
    store.close()
    return str(tmp_path / "op" / "mssmail.toml")


def test_programs_get_json(config: str) -> None:
    told = json.loads(run("report", "--month", "2026-10", "--json", "--config", config).out)
    assert told["operators"] == [{"operator": "CN=peer, O=X", "received": 1, "sent": 1}]
    assert told["abnormal_share"] == 1.0
    assert (told["from"], told["until"]) == ("2026-10-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00")


def test_spreadsheets_get_one_row_a_figure_and_run_nothing(config: str) -> None:
    rows = list(csv.reader(io.StringIO(run("report", "--month", "2026-10", "--csv", "--config", config).out)))
    assert rows[0] == ["section", "name", "figure", "value"]
    assert ["operators", "CN=peer, O=X", "received", "1"] in rows
    assert ["products", "'=1+1", "received", "1"] in rows
    assert ["delays_seconds", "relayed", "count", "1"] in rows
    assert all(len(row) == 4 for row in rows)


def test_people_get_tables(config: str) -> None:
    out = run("report", "--month", "2026-10", "--config", config).out
    assert "11502-2" in out
    assert "CN=peer" in out


def test_what_is_no_month_is_told(config: str) -> None:
    assert run("report", "--month", "october", "--config", config).code == 64


def test_the_year_turns() -> None:
    assert parse_month("2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def test_none_is_an_empty_cell() -> None:
    assert list(flatten_report({"share": None, "rows": [{"name": "a", "x": None}]})) == [
        ("share", "", "value", ""),
        ("rows", "a", "x", ""),
    ]
