from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from mssmail.store.engine import Store
from mssmail.store.schema import Moment, metadata

DIALECT = SQLiteDialect_pysqlite()


def test_moments_keep_microseconds_and_come_back_in_utc() -> None:
    paris = datetime(2026, 11, 21, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    kept = Moment().process_bind_param(paris, DIALECT)
    assert Moment().process_result_value(kept, DIALECT) == paris
    assert Moment().process_bind_param(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), DIALECT) == 1_000_000
    assert Moment().process_bind_param(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), DIALECT) == -1_000_000


def test_no_moment_is_null_and_a_naive_one_is_refused() -> None:
    assert Moment().process_bind_param(None, DIALECT) is None
    assert Moment().process_result_value(None, DIALECT) is None
    with pytest.raises(ValueError, match="time zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), DIALECT)  # noqa: DTZ001


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
