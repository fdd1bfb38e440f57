"""What the tables of every subject are made of: one MetaData, and the types of their columns.

Moments are whole microseconds since 1970 in UTC.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Integer, MetaData, Text, TypeDecorator
from sqlalchemy.engine import Dialect

from mssmail.core.clock import require_aware

metadata = MetaData()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY is SQLite's rowid


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Datetime → microseconds."""
        return None if value is None else (require_aware(value) - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Microseconds → datetime in UTC."""
        return read_moment(value)


def read_moment(value: int | None) -> datetime | None:
    """The datetime in UTC of a Moment as the database keeps it."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


class Words(TypeDecorator[str]):
    """Text from outside: lone surrogates, which no database takes, become question marks."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Text that can be encoded."""
        return value if value is None or value.isascii() else value.encode("utf-8", "replace").decode()
