"""Opening a store, and everything that is SQLite's own: pragmas, locks, BEGIN IMMEDIATE.

One directory holds the database, the large bodies and the lock of the process that serves it. Others may open it beside
that process for short work (``exclusive=False``): SQLite's own lock lets one writer in at a time.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from mssmail.core.message import Span
from mssmail.core.threads import name_thread
from mssmail.errors import StoreInUse, StoreUnavailable
from mssmail.mime.text import fold
from mssmail.store.bodies import Body, BodyFiles, read_body, sweep_dead_bodies
from mssmail.store.faults import DRIVER_ERRORS, read_fault
from mssmail.store.revisions import bring_up_to_date, is_up_to_date
from mssmail.store.writer import Writer, WriterStats

# Connection is the type other floors name: SQLAlchemy itself stays in this room.
__all__ = ["Connection", "Store", "build_engine", "is_served", "open_store"]

T = TypeVar("T")

DATABASE, BODIES, SERVE_LOCK, SCHEMA_LOCK = "mssmail.db", "bodies", "serve.lock", "schema.lock"
QUARANTINE = "quarantine"
READERS, SEARCHERS = 4, 2

_PRAGMAS = (
    "PRAGMA busy_timeout = 15000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit is on the disk when it returns, also in WAL mode
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -32000",
)


# Savepoints keep what they may have to undo: in memory, not in files that hold mail outside our directory.
_WRITER_PRAGMAS = ("PRAGMA temp_store = MEMORY",)
# Each of the readers has a cache of its own, and what it lacks the kernel's mostly has.
_READER_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA cache_size = -8000")


class Store:
    """An open store: one writer, a few readers, the files of large bodies. Methods may be called from any thread."""

    def __init__(self, directory: Path, lock: int | None) -> None:
        self.directory = directory
        self.body_files = BodyFiles(directory / BODIES)
        self.quarantine_files = BodyFiles(directory / QUARANTINE, inline_bytes=-1)
        self._lock = lock
        self._engine = build_engine(directory, self.body_files, begin="BEGIN IMMEDIATE", pragmas=_WRITER_PRAGMAS)
        self._read_engine = build_engine(directory, self.body_files, begin="BEGIN", pragmas=_READER_PRAGMAS)
        self._local = threading.local()
        self._reading: list[Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._searchers = ThreadPoolExecutor(SEARCHERS, thread_name_prefix="store-searcher")
        self._workers = ThreadPoolExecutor(READERS, thread_name_prefix="store-worker")
        self._writer = Writer(self._engine.connect, sweep_dead_bodies)

    @property
    def writer_stats(self) -> WriterStats:
        """What the writer has done so far."""
        return self._writer.stats

    def submit(self, run: Callable[[Connection], T]) -> Future[T]:
        """The result of ``run`` once it is durable; see ``Writer``. Cancelling the future has no effect."""
        return self._writer.submit(run)

    def read(self, run: Callable[[Connection], T], *, costly: bool = False) -> Future[T]:
        """The result of ``run`` on one snapshot of the database; keep it short, nothing may stay open.

        Costly reads, such as a page of a search in bodies, wait for each other, and nobody else for them.
        """
        return self._enter(self._searchers if costly else self._readers, lambda: self._run_read(run))

    def run(self, work: Callable[[], T]) -> Future[T]:
        """The result of blocking work that belongs to the store, such as keeping a large body."""
        return self._enter(self._workers, work)

    def keep_body(self, data: bytes, sha256: str | None = None) -> Body:
        """The body, ready for ``deliver``; blocks while a large one reaches the disk (small ones are only hashed)."""
        try:
            return self.body_files.keep(data, sha256)
        except OSError as error:
            raise read_fault(error) from error

    def keep_in_quarantine(self, data: bytes, sha256: str) -> None:
        """Put bytes where ``store.quarantine`` finds them; blocks until they are on the disk."""
        try:
            self.quarantine_files.keep(data, sha256)
        except OSError as error:
            raise read_fault(error) from error

    def read_body(self, message_id: int, span: Span) -> Future[bytes]:
        """Bytes of a message, without our prefix."""
        return self.read(lambda conn: read_body(conn, message_id, span))

    def find_outside_version(self) -> Future[int]:
        """A number that is another one when somebody else, that is another process, wrote to the database."""
        return self.submit(lambda conn: int(conn.exec_driver_sql("PRAGMA data_version").scalar_one()))

    def close(self) -> None:
        """Finish what was submitted, then let go of everything. May be called twice."""
        self._workers.shutdown(wait=True)
        self._writer.close()
        self._readers.shutdown(wait=True)
        self._searchers.shutdown(wait=True)
        for connection in self._reading:
            connection.close()
        self._reading.clear()
        self._engine.dispose()
        self._read_engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _enter(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> Future[T]:
        try:
            return pool.submit(work)
        except RuntimeError as error:  # the pool is shut down
            raise StoreUnavailable("the store is closed") from error

    def _run_read(self, run: Callable[[Connection], T]) -> T:
        try:
            with self._reader().begin():
                return run(self._local.connection)
        except DRIVER_ERRORS as error:
            raise read_fault(error) from error

    def _reader(self) -> Connection:
        """This thread's own connection."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed or connection.invalidated:
            connection = self._read_engine.connect()
            self._local.connection = connection
            self._reading.append(connection)
        return connection


def open_store(directory: Path, *, create: bool = False, exclusive: bool = True) -> Store:
    """The store in this directory, upgraded to our schema.

    Raises StoreInUse when another process serves it and we would too, StoreTooNew when a newer version wrote it,
    StoreUnavailable when there is none (and ``create`` is not set) or it cannot be read.
    """
    try:
        _prepare(directory, create=create)
        lock = _take_lock(directory / SERVE_LOCK, wait=False) if exclusive else None
        try:
            _upgrade(directory)
            store = Store(directory, lock)
        except BaseException:
            if lock is not None:
                os.close(lock)
            raise
    except DRIVER_ERRORS as error:
        raise read_fault(error) from error
    if exclusive:
        store.body_files.clear_unfinished()
        store.quarantine_files.clear_unfinished()
    return store


def is_served(directory: Path) -> bool:
    """A server works on the store in this directory now."""
    try:
        handle = os.open(directory / SERVE_LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def build_engine(directory: Path, files: BodyFiles, *, begin: str, pragmas: Sequence[str] = ()) -> Engine:
    """Connections to the database whose transactions start with ``begin``."""
    engine = create_engine(
        f"sqlite:///{directory / DATABASE}", poolclass=NullPool, connect_args={"check_same_thread": False}
    )

    def prepare(driver: Any, record: Any) -> None:  # noqa: ANN401 - the driver's own types
        driver.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (*_PRAGMAS, *pragmas):
            driver.execute(pragma)
        driver.create_function("contains_text", 2, _contains_text, deterministic=True)
        driver.create_function("name_thread", 3, _name_thread, deterministic=True)
        record.info["body_files"] = files

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


def _contains_text(text: str, folded: str) -> bool:
    """For ``store.search``: the text, folded, contains what is folded already."""
    return folded in fold(text)


def _name_thread(message_id: int | None, message_ref: str, references: str) -> str | None:
    """For ``store.sorting``: the thread, where it is known."""
    return None if message_id is None else name_thread(message_id, message_ref, references)


def _prepare(directory: Path, *, create: bool) -> None:
    database = directory / DATABASE
    if database.exists():
        return
    if not create:
        raise StoreUnavailable(f"there is no store in {directory}")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made here and not by SQLite, so that nobody else may ever read it; WAL and shared memory inherit the mode.
    os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))


def _take_lock(path: Path, *, wait: bool) -> int:
    """An open lock file; the lock is the kernel's and ends with the process, however it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        os.close(handle)
        raise StoreInUse(f"another process serves the store in {path.parent}") from error
    return handle


def _upgrade(directory: Path) -> None:
    engine = build_engine(directory, BodyFiles(directory / BODIES), begin="BEGIN IMMEDIATE")
    try:
        with engine.connect() as connection:
            if is_up_to_date(connection):
                return
            # Two processes that open a new store at once must not both upgrade it.
            lock = _take_lock(directory / SCHEMA_LOCK, wait=True)
            try:
                with connection.begin():
                    bring_up_to_date(connection)
            finally:
                os.close(lock)
    finally:
        engine.dispose()
