"""Messages to lists through the command line, as an administrator sends and follows them."""

import json
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.lists import PostState
from mssmail.settings import load_settings
from mssmail.store.engine import Connection, open_store
from mssmail.store.list_posts import create_post, expand_page, find_post
from mssmail.store.lists import require_list
from tests.support.command import Answer, run
from tests.support.operators import build_site
from tests.support.pki import Pki
from tests.support.store import NOW

LIST, OWNER = "alerts@a.test", "marie@a.test"


@pytest.fixture
def config(tmp_path: Path) -> str:
    site = build_site(tmp_path / "op", Pki(read_clock().replace(microsecond=0)), read_clock())
    config = str(site.config)
    assert run("list", "create", LIST, "--owner", OWNER, "--config", config).code == 0
    assert run("list", "members", "add", LIST, "x@peer.test", OWNER, "--config", config).code == 0
    return config


def _list(config: str, *words: str) -> Answer:
    return run("list", *words, "--config", config)


def _make_post(config: str, state: PostState) -> int:
    store = open_store(load_settings(Path(config)).server.store, exclusive=False)

    def work(conn: Connection) -> int:
        list_id = require_list(conn, parse_address(LIST)).id
        post_id = create_post(conn, list_id, "t", OWNER, "Alerte", state, NOW)
        post = find_post(conn, post_id)
        if state is PostState.EXPANDING and post is not None:
            expand_page(conn, post, NOW, 10)
        return post_id

    try:
        return store.submit(work).result()
    finally:
        store.close()


def test_a_file_is_signed_and_left_for_the_server(config: str, tmp_path: Path) -> None:
    file = tmp_path / "alerte.eml"
    file.write_bytes(b"Subject: Alerte\nBcc: eve@a.test\n\nBonjour\n")
    answer = _list(config, "send", LIST, str(file))
    assert answer.code == 0, answer.err
    [post] = json.loads(_list(config, "posts", LIST, "--json").out)
    assert (post["state"], post["author"], post["subject"]) == ("expanding", OWNER, "Alerte")
    assert "expanding" in _list(config, "posts", LIST, "--state", "expanding").out
    shown = json.loads(run("message", "show", post["trace_id"], "--config", config, "--json").out)
    assert "trusted" in json.dumps(shown) or "undetermined" in json.dumps(shown)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (b"From: eve@a.test\n\nx\n", ()),
        (b"From: marie@a.test, eve@a.test\n\nx\n", ()),
        (b"Subject: x\n\nx\n", ("--from", "nokey@a.test")),
    ],
)
def test_refuses_to_send_what_is_not_the_authors(
    config: str, tmp_path: Path, text: bytes, more: tuple[str, ...]
) -> None:
    file = tmp_path / "alerte.eml"
    file.write_bytes(text)
    assert _list(config, "send", LIST, str(file), *more).code == 65
    assert json.loads(_list(config, "posts", LIST, "--json").out) == []


def test_the_report_has_a_line_for_each_member(config: str) -> None:
    post = str(_make_post(config, PostState.EXPANDING))
    answer = _list(config, "send-report", LIST, post)
    assert [line.split("\t")[:2] for line in answer.out.splitlines()] == [
        ["pending", OWNER],
        ["pending", "x@peer.test"],
    ]
    assert "2 pending" in answer.err
    facts = json.loads(_list(config, "send-report", LIST, post, "--json").out)
    assert (facts["pending"], [each["member"] for each in facts["outcomes"]]) == (2, [OWNER, "x@peer.test"])
    assert _list(config, "send-report", LIST, post, "--state", "failed").out == ""
    assert "2 pending" in _list(config, "send-report", LIST, post, "--summary").out
    assert _list(config, "send-report", LIST, "999").code == 65


@pytest.mark.parametrize(("word", "state"), [("--approve", "expanding"), ("--reject", "rejected")])
def test_what_waits_is_decided_about_once(config: str, word: str, state: str) -> None:
    post = str(_make_post(config, PostState.HELD))
    assert _list(config, "moderate", LIST, post, word).code == 0
    [row] = json.loads(_list(config, "posts", LIST, "--json").out)
    assert (row["state"], row["decided_by"]) == (state, "administrator")
    assert _list(config, "moderate", LIST, post, word).code == 1
    assert _list(config, "moderate", LIST, post).code == 64
