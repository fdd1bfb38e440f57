import errno
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from mssmail.errors import Fault, NoSuchMailbox, SpoolFull, StoreUnavailable
from mssmail.store.faults import read_fault


def _make_full() -> OperationalError:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 2")
    try:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    except sqlite3.OperationalError as error:
        return OperationalError("INSERT", {}, error)
    finally:
        connection.close()
    raise AssertionError("the database should have been full")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_make_full(), SpoolFull),
        (OSError(errno.ENOSPC, "no space"), SpoolFull),
        (OSError(errno.EDQUOT, "quota"), SpoolFull),
        (OSError(errno.EFBIG, "file too large"), SpoolFull),
        (OSError(errno.EIO, "broken"), StoreUnavailable),
        (OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked")), StoreUnavailable),
        (ValueError("ours"), StoreUnavailable),
    ],
)
def test_what_the_driver_says_becomes_our_fault(error: Exception, kind: type[Fault]) -> None:
    fault = read_fault(error)
    assert type(fault) is kind
    assert fault.__cause__ is error


def test_our_own_faults_pass_unchanged() -> None:
    fault = NoSuchMailbox()
    assert read_fault(fault) is fault
