import pytest
from sqlalchemy import Connection, inspect, text

from mssmail.store.engine import Store
from mssmail.store.schema import metadata


def _read_ddl(conn: Connection) -> dict[str, str]:
    return {row.name: row.sql for row in conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))}


def test_the_tables_clients_read_by_uid_have_no_rowid(store: Store) -> None:
    ddl = store.read(_read_ddl).result()
    assert "WITHOUT ROWID" in ddl["mailbox_rows"]
    assert "WITHOUT ROWID" in ddl["vanished"]


@pytest.mark.parametrize("name", ["accounts", "bodies", "journal", "mailboxes", "messages", "queue"])
def test_ids_are_never_given_twice(store: Store, name: str) -> None:
    assert "AUTOINCREMENT" in store.read(_read_ddl).result()[name]


def test_every_table_is_there(store: Store) -> None:
    names = store.read(lambda conn: set(inspect(conn).get_table_names())).result()
    assert set(metadata.tables) <= names
