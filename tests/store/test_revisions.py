from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from mssmail.core.parameters import NO_PARAMETERS, PLAIN_MAIL
from mssmail.errors import StoreTooNew
from mssmail.store.bodies import BodyFiles
from mssmail.store.engine import Store, build_engine, open_store
from mssmail.store.journal import read_entries
from mssmail.store.listings import find_unlisted, list_messages
from mssmail.store.messages import load_message
from mssmail.store.peers_seen import list_peers
from mssmail.store.queue import list_items
from mssmail.store.revisions import build_config, find_revision
from mssmail.store.schema import REVISION, metadata


def test_the_migrations_make_exactly_the_schema(store: Store) -> None:
    def compare(conn: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(conn), metadata))

    assert store.read(compare).result() == []


def test_the_schema_names_the_newest_migration(store: Store) -> None:
    def find_head(conn: Connection) -> str | None:
        return ScriptDirectory.from_config(build_config(conn)).get_current_head()

    assert store.read(find_head).result() == REVISION
    assert store.read(find_revision).result() == REVISION


def test_a_new_database_has_no_revision() -> None:
    with create_engine("sqlite://").connect() as conn:
        assert find_revision(conn) is None


def test_a_store_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    engine = build_engine(tmp_path, BodyFiles(tmp_path / "bodies"), begin="BEGIN IMMEDIATE")
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew):
        open_store(tmp_path)
    with engine.begin() as conn:
        assert find_revision(conn) == "9999"
    engine.dispose()


def test_a_store_of_the_first_version_keeps_what_is_in_it(tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    (tmp_path / "mssmail.db").unlink()
    engine = build_engine(tmp_path, BodyFiles(tmp_path / "bodies"), begin="BEGIN IMMEDIATE")
    with engine.connect() as conn, conn.begin():
        command.upgrade(build_config(conn), "0001")
        conn.execute(text("INSERT INTO journal (at, event, trace_id, facts) VALUES (1, 'received', 't1', '{}')"))
        conn.execute(text("INSERT INTO bodies (sha256, length, data) VALUES (x'00', 5, x'68656c6c6f')"))
        blanks = ("cuts", "subject", "sender", '"to"', "cc", "bcc", "header_message_id", "sent_on")
        blobs = ("prefix", "relay_prefix", "envelope", "body", "bodystructure", "parts")
        names = ["trace_id", "body_id", "length", "header_start", "header_end", "received_at", *blanks, *blobs]
        values = ["'t1'", "1", "5", "0", "0", "1", *["''"] * len(blanks), *["x''"] * len(blobs)]
        names, values = [*names, "summary", "evidence"], [*values, "'trusted'", "'{}'"]
        conn.execute(text(f"INSERT INTO messages ({', '.join(names)}) VALUES ({', '.join(values)})"))
    engine.dispose()
    store = open_store(tmp_path)
    assert store.read(find_revision).result() == REVISION
    assert store.read(lambda conn: read_entries(conn)[0].entry.trace_id).result() == "t1"
    kept = store.read(lambda conn: load_message(conn, 1)).result()
    assert kept is not None
    assert (kept.data, kept.summary) == (b"hello", "trusted")
    assert store.read(find_unlisted).result() == [1]  # its listing is made while the server runs
    store.submit(lambda conn: list_messages(conn, [1])).result()
    assert store.read(find_unlisted).result() == []
    store.close()


def test_a_store_with_mail_from_before_parameters_is_upgraded(tmp_path: Path) -> None:
    engine = build_engine(tmp_path, BodyFiles(tmp_path / "bodies"), begin="BEGIN IMMEDIATE")
    with engine.begin() as conn:
        command.upgrade(build_config(conn), "0001")
        conn.execute(text("INSERT INTO bodies (sha256, length, data) VALUES (x'00', 1, 'x')"))
        kinds = {column["name"]: column for column in inspect(conn).get_columns("messages")}
        values = {name: 0 if "INT" in str(column["type"]) else "" for name, column in kinds.items()}
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(f":{name}" for name in values)
        conn.execute(
            text(f"INSERT INTO messages ({columns}) VALUES ({marks})"),
            {**values, "id": 1, "body_id": 1, "reverse_path": None},
        )
        conn.execute(
            text(
                "INSERT INTO queue (message_id, recipient, state, attempts, queued_at, next_try_at, last_error)"
                " VALUES (1, 'bob@b.test', 'waiting', 3, 0, 0, 'down')"
            )
        )
    engine.dispose()
    store = open_store(tmp_path)
    try:
        (item,) = store.read(list_items).result()
        assert (item.mail, item.parameters, item.delays_told) == (PLAIN_MAIL, NO_PARAMETERS, 0)
        assert (item.attempts, item.last_error) == (3, "down")
    finally:
        store.close()


def test_a_store_with_peers_from_before_their_certificates_is_upgraded(tmp_path: Path) -> None:
    engine = build_engine(tmp_path, BodyFiles(tmp_path / "bodies"), begin="BEGIN IMMEDIATE")
    with engine.begin() as conn:
        command.upgrade(build_config(conn), "0014")
        conn.execute(text("INSERT INTO peers_seen VALUES ('ab', 'in', 'CN=a', 'CN=a', '192.0.2.1', 3, 1, 2)"))
    engine.dispose()
    store = open_store(tmp_path)
    try:
        (peer,) = store.read(list_peers).result()
        assert (peer.server, peer.chain) == ("192.0.2.1", ())
    finally:
        store.close()
