"""Statements of the hot path, compiled once and run on the driver: SQLAlchemy's own execution costs several times more.

What is said in them is still Core's: tables, columns and the conversion of their types. Only SQLite is spoken here, and
only inside a transaction that SQLAlchemy has begun. What the driver complains of is read by ``faults``.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

Values = Mapping[str, Any]
Statement = Insert | Update | Delete | Select[*tuple[Any, ...]]
_Place = tuple[str, Any, Callable[[Any], Any] | None]  # name, value when none is given, conversion


class Prepared:
    """One statement; ``names`` are the columns an INSERT fills. Values are given by name, rows come as the driver's."""

    def __init__(self, statement: Statement, names: Sequence[str] = ()) -> None:
        compiled: Any = statement.compile(dialect=SQLiteDialect_pysqlite(), column_keys=list(names) or None)
        self._sql = str(compiled)
        self._places: list[_Place] = [
            (name, compiled.params.get(name), compiled._bind_processors.get(name)) for name in compiled.positiontup
        ]

    def fetch(self, conn: Connection, values: Values) -> tuple[Any, ...] | None:
        """Run it; its first row, if it has one."""
        row: tuple[Any, ...] | None = _find_driver(conn).execute(self._sql, self._bind(values)).fetchone()
        return row

    def fetch_all(self, conn: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Run it; all its rows."""
        rows: list[tuple[Any, ...]] = _find_driver(conn).execute(self._sql, self._bind(values)).fetchall()
        return rows

    def fetch_each(self, conn: Connection, values: Values) -> sqlite3.Cursor:
        """Run it; its rows, one after the other. Close the cursor when done with it."""
        return _find_driver(conn).execute(self._sql, self._bind(values))

    def run(self, conn: Connection, rows: Iterable[Values]) -> None:
        """Run it for each of the rows, in order."""
        _find_driver(conn).executemany(self._sql, map(self._bind, rows))

    def _bind(self, values: Values) -> list[Any]:
        return [
            values.get(name, default) if convert is None else convert(values.get(name, default))
            for name, default, convert in self._places
        ]


def read_id(row: tuple[Any, ...] | None) -> int:
    """The id an INSERT has returned."""
    if row is None:
        raise LookupError("an INSERT returned no id")
    return int(row[0])


def _find_driver(conn: Connection) -> sqlite3.Connection:
    if not conn.in_transaction():
        raise RuntimeError("a prepared statement runs inside a transaction")
    driver: sqlite3.Connection = conn.connection.driver_connection  # type: ignore[assignment]
    return driver
