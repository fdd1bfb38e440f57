"""fsck through the command line: whole is 0, anything else is 1."""

import json
import sqlite3
from pathlib import Path

from mssmail.store.engine import open_store
from tests.support.command import run


def test_a_fresh_store_is_whole_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    add = ("account", "add", "marie@a.test", "--no-owner", "--password-stdin", "--config", config)
    assert run(*add, stdin="correct horse\n").code == 0
    assert run("fsck", "--config", config).out == "the store is whole\n"
    (database,) = (path for path in (tmp_path / "op" / "store").iterdir() if path.suffix in {".db", ".sqlite"})
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE mailboxes SET messages = 7")
    connection.close()
    answer = run("fsck", "--config", config, "--json")
    assert answer.code == 1
    assert json.loads(answer.out)


def test_the_index_can_be_dropped_to_be_made_anew(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    database = tmp_path / "op" / "store" / "mssmail.db"
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO gram_blocks (block, present, unfiltered) VALUES (0, 0, 1)")
        connection.execute("INSERT INTO grams (block, bucket, data) VALUES (0, 0, x'00')")
    connection.close()
    answer = run("fsck", "--config", config, "--json")
    assert [(problem["kind"], problem["subject"]) for problem in json.loads(answer.out)] == [("index", "block 0")]
    assert run("fsck", "--config", config, "--rebuild-index").out == "the store is whole\n"
    store = open_store(tmp_path / "op" / "store")
    try:
        assert run("fsck", "--config", config, "--rebuild-index").code != 0  # somebody serves it
    finally:
        store.close()
