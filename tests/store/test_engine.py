import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from mssmail.core.message import Span
from mssmail.errors import StoreInUse, StoreUnavailable
from mssmail.store.engine import DATABASE, SERVE_LOCK, Store, is_served, open_store
from mssmail.store.schema import counters
from tests.support.store import add_account, build_message, deliver_to


def test_there_must_be_a_store_unless_one_is_to_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_store(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    store = open_store(tmp_path, create=True)
    account = add_account(store)
    message_id = deliver_to(store, account, build_message()).message_id
    store.close()
    store = open_store(tmp_path)
    assert store.read_body(message_id, Span(0, 4)).result() == b"From"
    store.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"this is not a database, however long it may be" * 100)
    with pytest.raises(StoreUnavailable):
        open_store(tmp_path)


def test_a_second_server_is_told_that_the_store_is_in_use(store: Store) -> None:
    with pytest.raises(StoreInUse):
        open_store(store.directory)


def test_the_lock_ends_with_the_server(tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    open_store(tmp_path).close()


def test_the_lock_ends_with_a_killed_server(tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    program = (
        "import sys\nfrom pathlib import Path\nfrom mssmail.store.engine import open_store\n"
        "store = open_store(Path(sys.argv[1]))\nprint('open', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"open\n"
        with pytest.raises(StoreInUse):
            open_store(tmp_path)
        server.kill()
        server.wait()
    open_store(tmp_path).close()


def test_a_command_reads_and_writes_beside_the_server(store: Store) -> None:
    beside = open_store(store.directory, exclusive=False)
    account = add_account(beside)
    beside.close()
    assert deliver_to(store, account, build_message()).placed[0].account_id == account.id


def test_two_processes_make_a_new_store_together(tmp_path: Path) -> None:
    stores: list[Store] = []
    threads = [
        threading.Thread(target=lambda: stores.append(open_store(tmp_path / "new", create=True, exclusive=False)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    for store in stores:
        store.close()


def test_only_the_owner_may_read_a_store(store: Store) -> None:
    deliver_to(store, add_account(store), build_message())
    for path in (store.directory, *store.directory.glob("mssmail.db*"), store.directory / SERVE_LOCK):
        assert path.stat().st_mode & 0o077 == 0, path


def test_commits_reach_the_disk(store: Store) -> None:
    def ask(conn: Connection) -> tuple[object, ...]:
        names = ("synchronous", "journal_mode", "foreign_keys")
        return tuple(conn.execute(text(f"PRAGMA {name}")).scalar() for name in names)

    assert store.submit(ask).result() == (2, "wal", 1)


def test_a_read_sees_one_snapshot_and_no_write(store: Store) -> None:
    write = insert(counters).values(name="x", value=1)

    def read(conn: Connection) -> tuple[object, object]:
        before = conn.execute(select(counters.c.value).where(counters.c.name == "x")).scalar()
        store.submit(lambda writer: writer.execute(write)).result()
        return before, conn.execute(select(counters.c.value).where(counters.c.name == "x")).scalar()

    assert store.read(read).result() == (None, None)
    assert store.read(lambda conn: conn.execute(select(counters.c.value)).scalar()).result() == 1


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        store.read(lambda conn: conn.execute(insert(counters).values(name="x", value=1))).result()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path, create=True)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable):
        store.submit(lambda conn: None).result()
    with pytest.raises(StoreUnavailable):
        store.read(lambda conn: None)


def test_costly_reads_stop_no_others(store: Store) -> None:
    opened = threading.Event()
    waiting = [store.read(lambda _: opened.wait(30), costly=True) for _ in range(10)]
    assert store.read(lambda conn: conn.execute(text("SELECT 1")).scalar()).result() == 1
    opened.set()
    assert all(future.result() for future in waiting)


def test_work_of_the_store_runs_beside(store: Store) -> None:
    assert store.run(lambda: threading.current_thread().name).result().startswith("store-worker")


def test_who_looks_from_outside_knows_whether_a_store_is_served(tmp_path: Path) -> None:
    assert not is_served(tmp_path)
    store = open_store(tmp_path, create=True)
    assert is_served(tmp_path)
    store.close()
    assert not is_served(tmp_path)
