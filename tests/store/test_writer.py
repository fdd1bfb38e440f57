import threading
from concurrent.futures import Future

import pytest
from sqlalchemy import Connection, insert, select, text

from mssmail.errors import NoSuchMailbox, SpoolFull, StoreUnavailable
from mssmail.store.engine import Store, open_store
from mssmail.store.schema import counters, dead_bodies


def _write(store: Store, name: str) -> Future[str]:
    def run(conn: Connection) -> str:
        conn.execute(insert(counters).values(name=name, value=1))
        return name

    return store.submit(run)


def _fail(conn: Connection) -> None:
    conn.execute(insert(counters).values(name="half", value=1))
    raise NoSuchMailbox("on purpose")


def _list_names(store: Store) -> set[str]:
    return set(store.read(lambda conn: conn.execute(select(counters.c.name)).scalars().all()).result())


class Gate:
    """Holds the writer inside an operation, so that a batch gathers behind it."""

    def __init__(self, store: Store) -> None:
        self._entered, self._open = threading.Event(), threading.Event()
        self.future = store.submit(self._hold)
        assert self._entered.wait(30)

    def _hold(self, _: Connection) -> None:
        self._entered.set()
        assert self._open.wait(30)

    def release(self) -> None:
        self._open.set()


def test_what_waits_together_is_committed_together(store: Store) -> None:
    gate = Gate(store)
    before = store.writer_stats.batches
    futures = [_write(store, f"n{number}") for number in range(50)]
    gate.release()
    assert [future.result() for future in futures] == [f"n{number}" for number in range(50)]
    store.submit(lambda conn: None).result()
    assert store.writer_stats.largest_batch == 50
    assert store.writer_stats.batches <= before + 3
    assert store.writer_stats.seconds_in_commit > 0


def test_one_that_fails_fails_alone_and_leaves_nothing(store: Store) -> None:
    gate = Gate(store)
    first: Future[str] = _write(store, "first")
    failing = store.submit(_fail)
    last: Future[str] = _write(store, "last")
    gate.release()
    assert (first.result(), last.result()) == ("first", "last")
    with pytest.raises(NoSuchMailbox):
        failing.result()
    assert _list_names(store) == {"first", "last"}
    assert store.writer_stats.failures == 1


def test_a_mistake_of_ours_in_an_operation_reaches_the_one_who_made_it(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        store.submit(lambda conn: 1 // 0).result()
    assert store.submit(lambda conn: 1).result() == 1


def test_a_statement_the_database_refuses_is_unavailable_and_harms_nobody(store: Store) -> None:
    gate = Gate(store)
    good: Future[str] = _write(store, "good")
    bad = store.submit(lambda conn: conn.execute(text("SELECT * FROM nowhere")))
    gate.release()
    assert good.result() == "good"
    with pytest.raises(StoreUnavailable):
        bad.result()


def test_who_stops_waiting_stops_nothing(store: Store) -> None:
    gate = Gate(store)
    future: Future[str] = _write(store, "kept")
    assert not future.cancel()
    gate.release()
    assert future.result() == "kept"


def test_a_full_disk_refuses_what_does_not_fit_and_keeps_the_rest(store: Store) -> None:
    def fill(conn: Connection) -> None:
        used = conn.execute(text("PRAGMA page_count")).scalar_one()
        conn.execute(text(f"PRAGMA max_page_count = {used + 10}"))
        conn.execute(insert(counters).values(name="x" * 1_000_000, value=1))

    gate = Gate(store)
    before: Future[str] = _write(store, "before")
    full = store.submit(fill)
    after: Future[str] = _write(store, "after")
    gate.release()
    assert (before.result(), after.result()) == ("before", "after")
    with pytest.raises(SpoolFull):
        full.result()
    assert _list_names(store) == {"before", "after"}
    assert gate.future.result() is None


def test_a_lost_transaction_fails_all_of_its_batch_and_no_later_one(store: Store) -> None:
    gate = Gate(store)
    first: Future[str] = _write(store, "first")

    def lose(conn: Connection) -> None:
        conn.exec_driver_sql("ROLLBACK")  # as SQLite does by itself after an I/O error
        raise OSError("broken disk")

    lost = store.submit(lose)
    gate.release()
    for future in (first, lost):
        with pytest.raises(StoreUnavailable):
            future.result()
    assert _write(store, "later").result() == "later"
    assert _list_names(store) == {"later"}


def test_the_writer_comes_back_when_the_disk_does(store: Store) -> None:
    away = store.directory.with_name("away")

    def lose(conn: Connection) -> None:
        store.directory.rename(away)
        conn.exec_driver_sql("ROLLBACK")
        raise OSError("the disk has gone")

    for attempt in (store.submit(lose), store.submit(lambda conn: None)):
        with pytest.raises(StoreUnavailable):
            attempt.result()
    with pytest.raises(StoreUnavailable):
        _write(store, "while away").result()
    away.rename(store.directory)
    assert _write(store, "back").result() == "back"


def test_a_sweep_that_fails_stops_nobody(store: Store) -> None:
    store.submit(lambda conn: conn.execute(text("DROP TABLE dead_bodies"))).result()
    store.submit(lambda conn: conn.info.update(may_have_dead_bodies=True)).result()
    assert _write(store, "goes on").result() == "goes on"


def test_a_body_that_cannot_be_swept_stops_nobody(store: Store) -> None:
    digest = bytes(32)
    (store.body_files.path(digest.hex()) / "not a file").mkdir(parents=True)
    store.submit(lambda conn: conn.execute(insert(dead_bodies).values(sha256=digest))).result()
    store.submit(lambda conn: conn.info.update(may_have_dead_bodies=True)).result()
    assert _write(store, "goes on").result() == "goes on"
    left = store.read(lambda conn: conn.execute(select(dead_bodies.c.sha256)).scalar()).result()
    assert left == digest


def test_closing_does_first_what_was_submitted(store: Store) -> None:
    gate = Gate(store)
    futures = [_write(store, f"n{number}") for number in range(5)]
    closer = threading.Thread(target=store.close)
    closer.start()
    gate.release()
    closer.join()
    assert [future.result() for future in futures] == [f"n{number}" for number in range(5)]
    with pytest.raises(StoreUnavailable):
        store.submit(lambda conn: None).result()
    again = open_store(store.directory)
    assert len(_list_names(again)) == 5
    again.close()


def test_more_than_one_batch_can_wait(store: Store) -> None:
    gate = Gate(store)
    futures = [store.submit(lambda conn: None) for _ in range(700)]
    gate.release()
    for future in futures:
        future.result()
    assert store.writer_stats.largest_batch == 256
