"""What the database or the disk complains of, as our faults."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from mssmail.errors import Fault, SpoolFull, StoreUnavailable

DRIVER_ERRORS = (DBAPIError, sqlite3.Error, OSError)
"""What database and disk raise, through SQLAlchemy or past it."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # the last: a limit of the process (RLIMIT_FSIZE)


def read_fault(error: BaseException) -> Fault:
    """The fault an exception of driver, disk or operation amounts to; ours pass unchanged."""
    if isinstance(error, Fault):
        return error
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    is_full = isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    if is_full or (isinstance(cause, OSError) and cause.errno in _NO_ROOM):
        fault: Fault = SpoolFull("no room in the store", cause=repr(cause))
    else:
        fault = StoreUnavailable("the store cannot do this now", cause=repr(cause))
    fault.__cause__ = error
    return fault
