from sqlalchemy import Connection, inspect

from mssmail.store.engine import Store
from mssmail.store.peer_tables import peers


def test_a_lane_has_one_row(store: Store) -> None:
    def look(conn: Connection) -> list[str]:
        return list(inspect(conn).get_pk_constraint(peers.name)["constrained_columns"])

    assert store.read(look).result() == ["lane"]
