"""A store from before receipts is upgraded with all that is in it."""

from pathlib import Path

from alembic import command
from sqlalchemy import inspect, text

from mssmail.store.bodies import BodyFiles
from mssmail.store.engine import build_engine, open_store
from mssmail.store.revisions import build_config, find_revision
from mssmail.store.schema import REVISION

_ACCOUNT = """INSERT INTO accounts (address_key, local, domain, kind, display_name, owner, red_list, suspended,
    created_at, password_hash) VALUES ('anne@a.test', 'anne', 'a.test', 'PER', '', '[]', 0, 0, 0, '')"""


def test_an_older_store_with_an_account_in_it_is_upgraded(tmp_path: Path) -> None:
    engine = build_engine(tmp_path, BodyFiles(tmp_path / "bodies"), begin="BEGIN IMMEDIATE")
    with engine.begin() as conn:
        command.upgrade(build_config(conn), "0001")
        conn.execute(text(_ACCOUNT))
    engine.dispose()
    store = open_store(tmp_path)
    assert store.read(find_revision).result() == REVISION
    assert store.read(lambda conn: conn.execute(text("SELECT count(*) FROM accounts")).scalar()).result() == 1
    assert store.read(lambda conn: inspect(conn).has_table("receipts")).result()
    store.close()
