from datetime import timedelta

from sqlalchemy import Connection

from mssmail.core.address import parse_address
from mssmail.journal import Entry, Event
from mssmail.store.engine import Store
from mssmail.store.journal import append_entries, read_entries
from tests.support.store import NOW


def _append(store: Store, *entries: Entry) -> None:
    store.submit(lambda conn: append_entries(conn, entries)).result()


def test_entries_come_back_in_order_with_their_facts(store: Store) -> None:
    first = Entry(NOW, Event.RECEIVED, "t1", {"octets": 5, "nested": {"é": [1, None]}})
    second = Entry(NOW, Event.DELIVERED, "t1", {})
    _append(store, first, second)
    kept = store.read(read_entries).result()
    assert [one.entry for one in kept] == [first, second]
    assert kept[0].id < kept[1].id


def test_entries_are_found_by_trace_event_and_time(store: Store) -> None:
    _append(
        store,
        Entry(NOW, Event.RECEIVED, "t1"),
        Entry(NOW + timedelta(seconds=1), Event.REFUSED, "t2"),
        Entry(NOW + timedelta(seconds=2), Event.RECEIVED, "t2"),
    )

    def ask(**question: object) -> list[str]:
        def read(conn: Connection) -> list[str]:
            found = read_entries(conn, **question)  # type: ignore[arg-type]
            return [f"{one.entry.trace_id} {one.entry.event.value}" for one in found]

        return store.read(read).result()

    assert ask(trace_id="t2") == ["t2 refused", "t2 received"]
    assert ask(event=Event.RECEIVED) == ["t1 received", "t2 received"]
    assert ask(since=NOW + timedelta(seconds=2)) == ["t2 received"]
    assert ask(limit=1) == ["t1 received"]
    assert ask(after_id=1, limit=1) == ["t2 refused"]


def test_facts_of_any_type_are_written_down_as_text(store: Store) -> None:
    _append(store, Entry(NOW, Event.ADMIN, "t", {"who": parse_address("anne@a.test"), "when": NOW}))
    (kept,) = store.read(read_entries).result()
    assert kept.entry.facts == {"who": "anne@a.test", "when": str(NOW)}


def test_no_entries_are_no_work(store: Store) -> None:
    _append(store)
    assert store.read(read_entries).result() == []
