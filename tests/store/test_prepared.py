import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update

from mssmail.errors import StoreUnavailable
from mssmail.store.prepared import Prepared
from mssmail.store.schema import counters, journal
from tests.support.store import make_store

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADD = Prepared(insert(counters), ("name", "value"))
NEXT = Prepared(
    update(counters)
    .values(value=counters.c.value + 1)
    .where(counters.c.name == bindparam("of_name"))
    .returning(counters.c.value)
)
NOTE = Prepared(insert(journal).returning(journal.c.id), ("at", "event", "trace_id", "facts"))


def test_values_go_by_name_and_constants_of_the_statement_stay(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")

    def count(conn: Connection) -> list[object]:
        ADD.run(conn, ({"value": start, "name": name} for name, start in (("one", 1), ("ten", 10))))
        return [NEXT.fetch(conn, {"of_name": name}) for name in ("ten", "one", "ten", "none")]

    try:
        assert store.submit(count).result() == [(11,), (2,), (12,), None]
    finally:
        store.close()


def test_types_are_converted_as_everywhere_and_ids_come_back(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    values = {"at": AT, "event": "received", "trace_id": "t", "facts": "{}"}
    try:
        row = store.submit(lambda conn: NOTE.fetch(conn, values)).result()
        kept = store.read(lambda conn: conn.execute(select(journal)).one()).result()
        assert row == (kept.id,)
        assert kept.at == AT
        with pytest.raises(ValueError, match="time zone"):
            store.submit(lambda conn: NOTE.fetch(conn, {**values, "at": AT.replace(tzinfo=None)})).result()
    finally:
        store.close()


def test_what_the_driver_refuses_is_our_fault_outside_and_undoes_only_its_own_operation(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")

    def add_twice(conn: Connection) -> None:
        ADD.run(conn, ({"name": "twice", "value": 1} for _ in range(2)))

    try:
        with pytest.raises(StoreUnavailable) as fault:
            store.submit(add_twice).result()
        assert isinstance(fault.value.__cause__, sqlite3.IntegrityError)
        with pytest.raises(StoreUnavailable):
            store.read(lambda conn: ADD.run(conn, [{"name": "read", "value": 1}])).result()
        assert store.submit(lambda conn: NEXT.fetch(conn, {"of_name": "twice"})).result() is None
    finally:
        store.close()


def test_outside_a_transaction_nothing_runs(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    try:
        with store._engine.connect() as conn, pytest.raises(RuntimeError):
            NEXT.fetch(conn, {"of_name": "one"})
    finally:
        store.close()
