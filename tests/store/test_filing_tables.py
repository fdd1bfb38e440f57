import pytest
from sqlalchemy import Connection, inspect

from mssmail.store.engine import Store
from mssmail.store.filing_tables import filings
from mssmail.store.schema import HOLDERS


@pytest.mark.parametrize("columns", [["connector", "state", "next_try_at"], ["connector", "patient", "id"]])
def test_what_is_looked_for_has_an_index(store: Store, columns: list[str]) -> None:
    def look(conn: Connection) -> list[list[str | None]]:
        return [list(index["column_names"]) for index in inspect(conn).get_indexes(filings.name)]

    assert columns in store.read(look).result()


def test_a_delivery_holds_its_message() -> None:
    assert filings.c.message_id in HOLDERS
