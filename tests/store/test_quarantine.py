from datetime import UTC, datetime, timedelta

import pytest

from mssmail.errors import StoreUnavailable
from mssmail.store.engine import Store
from mssmail.store.quarantine import (
    DOCUMENTS,
    EXAMINE,
    Held,
    count_death,
    drop,
    find_by_prefix,
    find_deaths,
    find_held,
    hold,
    list_held,
    list_marked,
    measure_held,
    read_held,
    release,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DIGEST, OTHER = "ab" * 32, "cd" * 32


def build_held(sha256: str = DIGEST, *, is_kept: bool = True) -> Held:
    return Held(sha256, 5, is_kept, "0trace", "it overran its deadline", {"from": "<a@a.test>"}, NOW)


def test_deaths_are_counted_by_what_the_worker_was_doing(store: Store) -> None:
    for step, expected in ((EXAMINE, 1), (EXAMINE, 2), (DOCUMENTS, 1)):
        death = store.submit(lambda conn, step=step: count_death(conn, DIGEST, step, NOW)).result()  # type: ignore[misc]
        assert (death.sha256, death.step, death.deaths) == (DIGEST, step, expected)
    assert store.read(lambda conn: find_deaths(conn, OTHER, EXAMINE)).result() == 0
    assert store.read(lambda conn: list_marked(conn, DOCUMENTS)).result() == [DIGEST]


def test_deaths_are_forgotten_after_a_month(store: Store) -> None:
    store.submit(lambda conn: count_death(conn, DIGEST, EXAMINE, NOW)).result()
    store.submit(lambda conn: count_death(conn, OTHER, EXAMINE, NOW + timedelta(days=31))).result()
    assert store.read(lambda conn: list_marked(conn, EXAMINE)).result() == [OTHER]


def test_what_is_held_is_found_by_its_digest_and_by_the_id_of_its_refusal(store: Store) -> None:
    store.submit(lambda conn: hold(conn, build_held())).result()
    store.submit(lambda conn: hold(conn, build_held(OTHER, is_kept=False))).result()
    assert store.read(list_held).result() == [build_held(), build_held(OTHER, is_kept=False)]
    assert store.read(lambda conn: find_held(conn, DIGEST)).result() == build_held()
    assert store.read(lambda conn: find_by_prefix(conn, "ab")).result() == [build_held()]
    assert len(store.read(lambda conn: find_by_prefix(conn, "0trace")).result()) == 2
    assert store.read(lambda conn: find_by_prefix(conn, "")).result() == []
    assert store.read(measure_held).result() == 5
    assert store.read(lambda conn: list_marked(conn, EXAMINE)).result() == [DIGEST, OTHER]
    assert store.read(lambda conn: list_marked(conn, DOCUMENTS)).result() == []


def test_the_first_entry_of_the_same_bytes_stays(store: Store) -> None:
    store.submit(lambda conn: hold(conn, build_held())).result()
    store.submit(lambda conn: hold(conn, build_held(is_kept=False))).result()
    assert store.read(list_held).result() == [build_held()]


def test_dropped_bytes_stay_refused_and_released_ones_are_forgotten(store: Store) -> None:
    store.submit(lambda conn: count_death(conn, DIGEST, EXAMINE, NOW)).result()
    store.submit(lambda conn: hold(conn, build_held())).result()
    store.submit(lambda conn: drop(conn, DIGEST)).result()
    assert store.read(lambda conn: find_held(conn, DIGEST)).result() == build_held(is_kept=False)
    store.submit(lambda conn: release(conn, DIGEST)).result()
    assert store.read(lambda conn: list_marked(conn, EXAMINE)).result() == []


def test_the_bytes_are_read_back_as_they_came(store: Store) -> None:
    store.keep_in_quarantine(b"hello", DIGEST)
    assert read_held(store.quarantine_files, build_held()) == b"hello"
    store.quarantine_files.unlink(DIGEST)
    with pytest.raises(StoreUnavailable):
        read_held(store.quarantine_files, build_held())
