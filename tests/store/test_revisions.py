from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from mssmail.errors import StoreTooNew
from mssmail.store.bodies import BodyFiles
from mssmail.store.engine import Store, build_engine, open_store
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
