from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from mssmail.store.columns import Moment, Words

DIALECT = SQLiteDialect_pysqlite()


def test_moments_keep_microseconds_and_come_back_in_utc() -> None:
    paris = datetime(2026, 11, 21, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    kept = Moment().process_bind_param(paris, DIALECT)
    assert Moment().process_result_value(kept, DIALECT) == paris
    assert Moment().process_bind_param(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), DIALECT) == 1_000_000
    assert Moment().process_bind_param(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), DIALECT) == -1_000_000


def test_no_moment_is_null_and_a_naive_one_is_refused() -> None:
    assert Moment().process_bind_param(None, DIALECT) is None
    assert Moment().process_result_value(None, DIALECT) is None
    with pytest.raises(ValueError, match="time zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), DIALECT)  # noqa: DTZ001


def test_text_no_database_takes_becomes_question_marks() -> None:
    assert Words().process_bind_param("a\ud800é", DIALECT) == "a?é"
    assert Words().process_bind_param(None, DIALECT) is None
