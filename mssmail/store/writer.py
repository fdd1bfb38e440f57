"""Group commit: one thread takes whatever waits, runs it in one transaction, commits once, answers all.

There is no timer. While one flush runs the next batch gathers, so batches grow with the load by themselves.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Connection

from mssmail.errors import SpoolFull, StoreUnavailable
from mssmail.store.faults import DRIVER_ERRORS, read_fault

T = TypeVar("T")

MAX_BATCH = 256  # operations; bounds how long the first of a batch waits for the last

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WriterStats:
    """What the writer has done so far, for metrics and the bench."""

    batches: int = 0
    operations: int = 0
    failures: int = 0  # operations that ended in an exception
    largest_batch: int = 0
    seconds_in_operations: float = 0.0
    seconds_in_commit: float = 0.0


@dataclass(frozen=True, slots=True)
class _Operation:
    run: Callable[[Connection], Any]
    future: Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    error: Exception | None = None


class Writer:
    """Runs operations one after another on one connection, many to a commit.

    An operation may be run a second time, alone, when the batch it was in broke: it must do nothing outside the
    transaction. Its future is answered after the commit and cannot be cancelled: who stops waiting stops nothing.
    """

    def __init__(self, connect: Callable[[], Connection], sweep: Callable[[Connection], None]) -> None:
        self._connect = connect
        self._sweep = sweep
        self._connection = connect()
        self._waiting: queue.SimpleQueue[_Operation | None] = queue.SimpleQueue()
        self._gate = threading.Lock()  # nothing may be put behind the sentinel
        self._closed = False
        self._stats = WriterStats()
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def stats(self) -> WriterStats:
        """The figures of this moment."""
        return self._stats

    def submit(self, run: Callable[[Connection], T]) -> Future[T]:
        """The durable result of ``run``: when the future has a value, it is on the disk."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        with self._gate:
            if self._closed:
                future.set_exception(StoreUnavailable("the store is closed"))
            else:
                self._waiting.put(_Operation(run, future))
        return future

    def close(self) -> None:
        """Do what was submitted so far, then stop."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _serve(self) -> None:
        last = False
        while not last:
            batch, last = self._gather()
            if batch:
                self._run_batch(batch)
                self._run_sweep()
        self._connection.close()

    def _gather(self) -> tuple[list[_Operation], bool]:
        """Everything that waits (at least one), and whether it is the last."""
        batch: list[_Operation] = []
        item = self._waiting.get()
        while item is not None:
            batch.append(item)
            if len(batch) == MAX_BATCH:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _run_batch(self, batch: Sequence[_Operation]) -> None:
        try:
            outcomes = self._run_together(batch)
        except BaseException as error:  # the thread must live, and no future may be forgotten
            fault = read_fault(error)
            self._drop_connection()
            if isinstance(fault, SpoolFull) and len(batch) > 1:
                # What did not fit may have been one big message: the others get a commit of their own.
                for operation in batch:
                    self._run_batch([operation])
                return
            outcomes = [_Outcome(error=fault)] * len(batch)
            _log.exception("a batch of %d could not be committed", len(batch))
        for operation, outcome in zip(batch, outcomes, strict=True):
            if outcome.error is None:
                operation.future.set_result(outcome.value)
            else:
                operation.future.set_exception(outcome.error)
        self._count(outcomes)

    def _run_together(self, batch: Sequence[_Operation]) -> list[_Outcome]:
        began = time.perf_counter()
        with self._require_connection().begin() as transaction:
            outcomes = [self._run_one(operation) for operation in batch]
            ran = time.perf_counter()
            transaction.commit()
        self._stats = replace(
            self._stats,
            batches=self._stats.batches + 1,
            seconds_in_operations=self._stats.seconds_in_operations + ran - began,
            seconds_in_commit=self._stats.seconds_in_commit + time.perf_counter() - ran,
        )
        return outcomes

    def _run_one(self, operation: _Operation) -> _Outcome:
        """One operation between savepoints, so that it fails alone."""
        driver: Any = self._connection.connection.driver_connection
        driver.execute("SAVEPOINT operation")
        try:
            value = operation.run(self._connection)
        except Exception as error:  # whatever it raises belongs to the one who submitted it
            if not _undo(driver):
                raise  # the whole transaction is gone, with all operations of the batch: full disk, I/O error
            return _Outcome(error=read_fault(error) if isinstance(error, DRIVER_ERRORS) else error)
        driver.execute("RELEASE SAVEPOINT operation")
        return _Outcome(value)

    def _count(self, outcomes: Sequence[_Outcome]) -> None:
        self._stats = replace(
            self._stats,
            operations=self._stats.operations + len(outcomes),
            failures=self._stats.failures + sum(outcome.error is not None for outcome in outcomes),
            largest_batch=max(self._stats.largest_batch, len(outcomes)),
        )

    def _run_sweep(self) -> None:
        try:
            self._sweep(self._require_connection())
        except Exception:
            # What was not swept is garbage that waits; the next batch tries again.
            _log.exception("dead bodies could not be swept")
            self._drop_connection()

    def _require_connection(self) -> Connection:
        if self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _drop_connection(self) -> None:
        """A connection that met an I/O error or lost its transaction is not to be trusted further."""
        if not self._connection.closed:
            self._connection.invalidate()
            self._connection.close()


def _undo(driver: Any) -> bool:  # noqa: ANN401 - the driver's own type
    """Back to the savepoint; False when there is none any more, because the database undid everything by itself."""
    try:
        driver.execute("ROLLBACK TO SAVEPOINT operation")
        driver.execute("RELEASE SAVEPOINT operation")
    except Exception:
        _log.exception("the transaction has been undone")
        return False
    return True
