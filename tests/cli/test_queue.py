"""What waits is listed."""

import json
from pathlib import Path

import pytest

from mssmail.cli.queue import explain_item
from mssmail.core.address import parse_address
from mssmail.core.queue import QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store.engine import open_store
from mssmail.store.messages import Delivery, deliver
from tests.support.command import run
from tests.support.pki import NOW


def test_an_empty_queue_is_an_empty_list(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    assert json.loads(run("queue", "list", "--config", config, "--json").out) == []
    assert "next try" in run("queue", "list", "--config", config).out


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


def test_an_item_is_shown_held_released_and_hurried(config: str) -> None:
    (item,) = json.loads(run("queue", "list", "--config", config, "--json").out)
    number = str(item["id"])
    assert json.loads(run("queue", "show", number, "--config", config, "--json").out)["why"] == "not tried yet"
    assert run("queue", "release", number, "--config", config).code == 1
    assert run("queue", "hold", number, "--config", config).code == 0
    assert "held by an administrator" in run("queue", "show", number, "--config", config).out
    assert run("queue", "retry", number, "--config", config).code == 1
    assert run("queue", "release", number, "--config", config).code == 0
    assert run("queue", "retry", number, "--config", config).code == 0


def test_what_is_not_in_the_queue_is_1(config: str) -> None:
    assert run("queue", "show", "999", "--config", config).code == 1
    assert run("queue", "hold", "999", "--config", config).code == 1


@pytest.mark.parametrize(
    ("state", "attempts", "reply", "words"),
    [
        (QueueState.SENDING, 1, None, "being sent now"),
        (QueueState.WAITING, 2, Reply(451, "4.7.5", "later"), "the last of 2 attempts ended in: 451 4.7.5 later"),
        (QueueState.WAITING, 1, None, "the last of 1 attempts ended in: no answer"),
    ],
)
def test_why_it_waits_is_a_sentence(state: QueueState, attempts: int, reply: Reply | None, words: str) -> None:
    item = QueueItem(1, "0a", 1, None, parse_address("b@b.test"), state, attempts, NOW, NOW, last_reply=reply)
    assert explain_item(item) == words
