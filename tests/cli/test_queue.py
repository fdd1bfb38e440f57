"""What waits is listed."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.lane import PeerState
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store.engine import open_store
from mssmail.store.messages import Delivery, deliver
from mssmail.store.peers import save_peer
from tests.support.command import run
from tests.support.pki import NOW


def test_an_empty_queue_is_an_empty_list(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    assert json.loads(run("queue", "list", "--config", config, "--json").out) == []
    assert "next try" in run("queue", "list", "--config", config).out
    assert run("queue", "show", "1", "--config", config).code == 1


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A store with one message queued for another operator."""
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    data = b"From: a@a.test\r\n\r\nx\r\n"
    body = store.keep_body(data)
    index = build_index(data, scan(data), "us")
    delivery = Delivery(
        trace_id="0queued",
        body=body,
        prefix=b"",
        index=index,
        summary="trusted",
        evidence="{}",
        reverse_path=parse_address("a@a.test"),
        received_at=NOW,
        placements=(),
        queue=(parse_address("b@b.test"),),
        entries=(),
    )
    store.submit(lambda conn: deliver(conn, delivery)).result()
    store.close()
    return str(tmp_path / "op" / "mssmail.toml")


def test_an_item_is_listed_shown_and_explained(config: str) -> None:
    (item,) = json.loads(run("queue", "list", "--config", config, "--json").out)
    assert (item["recipient"], item["lane"], item["state"], item["why"]) == (
        "b@b.test",
        "b.test",
        "waiting",
        "not tried yet",
    )
    assert json.loads(run("queue", "list", "--config", config, "--state", "held", "--json").out) == []
    assert json.loads(run("queue", "list", "--config", config, "--lane", "a.test", "--json").out) == []
    number = str(item["id"])
    assert json.loads(run("queue", "show", number, "--config", config, "--json").out)["why"] == "not tried yet"
    explained = json.loads(run("queue", "explain", number, "--config", config, "--json").out)
    assert explained["route"] == "nowhere (white-list-stale): 451 4.7.5 The white list here is not up to date"
    assert explained["give_up_at"] > explained["next_try_at"]
    assert "not tried yet" in run("queue", "explain", number, "--config", config).out


def test_what_is_known_of_peers_is_listed(config: str, tmp_path: Path) -> None:
    assert json.loads(run("queue", "peers", "--config", config, "--json").out) == []
    state = PeerState("b.test", 2, NOW, NOW + timedelta(days=9_000), "no connection", "TLSv1.3")
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    store.submit(lambda conn: save_peer(conn, state)).result()
    store.close()
    (row,) = json.loads(run("queue", "peers", "--config", config, "--json").out)
    assert (row["lane"], row["failures"], row["tls_floor"]) == ("b.test", 2, "TLSv1.3")
    assert "no connection" in run("queue", "peers", "--config", config).out
    assert "b.test rests after 2 failures" in run("queue", "list", "--config", config).out


def test_what_is_not_in_the_queue_is_1(config: str) -> None:
    assert run("queue", "show", "999", "--config", config).code == 1
    assert run("queue", "hold", "999", "--config", config).code == 1
