"""What the tables of addresses must hold by themselves, whoever writes."""

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from mssmail.errors import StoreFault
from mssmail.store.address_tables import alias_targets, aliases, delegations
from mssmail.store.engine import Store
from tests.support.store import NOW, add_account


def _insert(conn: Connection, grantor_id: int, grantee_id: int) -> None:
    values = {"grantor_id": grantor_id, "mailbox": "", "grantee_id": grantee_id, "rights": "l", "created_at": NOW}
    conn.execute(insert(delegations).values(values))


def test_rights_on_one_box_are_one_row_and_name_accounts_that_exist(store: Store) -> None:
    anne, team = add_account(store), add_account(store, "team@a.test")
    store.submit(lambda conn: _insert(conn, team.id, anne.id)).result()
    for grantor, grantee in ((team.id, anne.id), (team.id, 999)):
        with pytest.raises((IntegrityError, StoreFault)):
            store.submit(lambda conn, pair=(grantor, grantee): _insert(conn, *pair)).result()  # type: ignore[misc]


def test_only_text_that_is_one_address_is_a_target_of_one_alias_once(store: Store) -> None:
    def insert_twice(conn: Connection) -> None:
        conn.execute(insert(aliases).values(address_key="t@a.test", local="t", domain="a.test", created_at=NOW))
        row = {"address_key": "t@a.test", "target_key": "x@a.test", "target": "x@a.test"}
        conn.execute(insert(alias_targets), [row, row])

    with pytest.raises((IntegrityError, StoreFault)):
        store.submit(insert_twice).result()
