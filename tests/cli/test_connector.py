"""Deliveries to software: listed, shown, tried again, dropped."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.filing import FilingState, NewFiling
from mssmail.core.receipt import FilingError
from mssmail.store.engine import open_store
from mssmail.store.filings import bury, find_filing, list_filings, order_filing
from mssmail.store.messages import Placement, deliver
from mssmail.store.receipts import list_receipts
from tests.support.command import run
from tests.support.filing_room import ROBOT, build_letter
from tests.support.store import NOW, add_account, build_delivery


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A store with one dead letter of a message that asked for a receipt."""
    run("init", str(tmp_path / "op"), "--domain", "b.test")
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    account = add_account(store, str(ROBOT))
    delivery = build_delivery(store, build_letter(tmp_path, signed=False), Placement(account.id))
    done = store.submit(lambda conn: deliver(conn, replace(delivery, trace_id="0t"))).result()
    new = NewFiling("0t", "dpi", ROBOT, "ALICE", NOW)
    store.submit(lambda conn: order_filing(conn, done.message_id, new)).result()
    store.submit(lambda conn: bury(conn, 1, "the endpoint answered 503")).result()
    store.close()
    return str(tmp_path / "op" / "mssmail.toml")


def test_a_dead_letter_is_listed_shown_and_tried_again(config: str) -> None:
    (row,) = json.loads(run("connector", "list", "--dead", "--config", config, "--json").out)
    assert (row["id"], row["state"], row["last_error"]) == (1, "dead", "the endpoint answered 503")
    assert "ALICE" not in json.dumps(row)
    assert "next try" in run("connector", "list", "--config", config).out
    assert json.loads(run("connector", "show", "1", "--config", config, "--json").out)["key"] == "0t-1"
    assert "mssmail explain 0t" in run("connector", "show", "1", "--config", config).out
    assert run("connector", "retry", "1", "--config", config).code == 0
    assert json.loads(run("connector", "list", "--dead", "--config", config, "--json").out) == []
    store = open_store(Path(config).parent / "store", exclusive=False)
    [owed] = store.read(list_filings).result()
    store.close()
    assert owed.state is FilingState.WAITING


def test_what_is_dropped_is_told_the_sender(config: str) -> None:
    assert run("connector", "drop", "1", "--config", config).code == 0
    store = open_store(Path(config).parent / "store", exclusive=False)
    assert store.read(lambda conn: find_filing(conn, 1)).result() is None
    [receipt] = store.read(lambda conn: list_receipts(conn, "0t")).result()
    store.close()
    assert receipt.order.disposition.error is FilingError.OTHER


@pytest.mark.parametrize("verb", ["show", "retry", "drop"])
def test_a_delivery_that_is_not_owed_is_said_so(config: str, verb: str) -> None:
    answer = run("connector", verb, "99", "--config", config)
    assert answer.code == 1
    assert "99 is not owed" in answer.out + answer.err
