import pytest
from sqlalchemy import Connection, inspect

from mssmail.store.document_tables import documents
from mssmail.store.engine import Store


@pytest.mark.parametrize("column", ["message_id", "ins", "document_id"])
def test_what_is_looked_for_has_an_index(store: Store, column: str) -> None:
    def look(conn: Connection) -> list[list[str | None]]:
        return [list(index["column_names"]) for index in inspect(conn).get_indexes(documents.name)]

    assert [column] in store.read(look).result()
