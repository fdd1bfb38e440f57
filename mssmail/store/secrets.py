"""Keys that this store makes for itself and never gives out."""

import secrets as dice
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from mssmail.store.address_tables import secrets

RETURN_PATHS: Final = "return-paths"
"""Makes the tags of ``core.return_path``."""

_OCTETS: Final = 32
_BY_NAME = select(secrets.c.value).where(secrets.c.name == bindparam("of_name"))


def find_secret(conn: Connection, name: str) -> bytes | None:
    """The key of this name, when it was ever needed."""
    value: bytes | None = conn.execute(_BY_NAME, {"of_name": name}).scalar()
    return value


def require_secret(conn: Connection, name: str, now: datetime) -> bytes:
    """The key of this name, made when there is none yet."""
    found = find_secret(conn, name)
    if found is not None:
        return found
    made = dice.token_bytes(_OCTETS)
    conn.execute(insert(secrets).values(name=name, value=made, created_at=now))
    return made
