"""Which schema a database has, and how it gets ours. Alembic is asked only when something is to be done."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Inspector, column, inspect, select, table

from mssmail.errors import StoreTooNew
from mssmail.store.schema import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION = table("alembic_version", column("version_num"))


def is_up_to_date(conn: Connection) -> bool:
    """The database has our schema."""
    with conn.begin():
        return find_revision(conn) == REVISION


def find_revision(conn: Connection) -> str | None:
    """The revision the database says it has, None for a new one."""
    inspector: Inspector = inspect(conn)
    if not inspector.has_table("alembic_version"):
        return None
    return conn.execute(select(_VERSION.c.version_num)).scalar()


def bring_up_to_date(conn: Connection) -> None:
    """Run the migrations that are missing, in the transaction that is open. Raises StoreTooNew."""
    # Here and not above: alembic is a fifth of what a server has to import, and most starts do not need it.
    from alembic import command  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = build_config(conn)
    found = find_revision(conn)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreTooNew("a newer version of mssmail wrote this store", revision=found, ours=REVISION)
    command.upgrade(config, "head")


def build_config(conn: Connection) -> "Config":
    """Alembic's configuration for the migrations of this package over an open connection."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config
