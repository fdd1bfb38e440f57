"""The outbox: what is due, in which order, and what holds the message."""

from datetime import timedelta

import pytest

from mssmail.core.address import Address
from mssmail.core.filing import FilingState, NewFiling
from mssmail.core.mailbox import UID
from mssmail.store import filings
from mssmail.store.engine import Store
from mssmail.store.fsck import check_store
from mssmail.store.messages import Placement, deliver, load_message
from mssmail.store.rows import expunge
from tests.support.store import NOW, add_account, build_delivery, build_message

ROBOT = Address("robot", "a.test")


@pytest.fixture
def message_id(store: Store) -> int:
    place = Placement(add_account(store).id, flags=frozenset(("\\Deleted",)))
    delivery = build_delivery(store, build_message("x"), place)
    return store.submit(lambda conn: deliver(conn, delivery)).result().message_id


def _order(store: Store, message_id: int, patient: str, connector: str = "dpi") -> None:
    new = NewFiling("t", connector, ROBOT, patient, NOW)
    store.submit(lambda conn: filings.order_filing(conn, message_id, new)).result()


def _list_due(store: Store, seconds: int = 0, limit: int = 10) -> list[int]:
    now = NOW + timedelta(seconds=seconds)
    return [each.id for each in store.read(lambda conn: filings.list_due(conn, "dpi", now, limit)).result()]


def test_of_one_patient_only_the_oldest_is_due(store: Store, message_id: int) -> None:
    for patient in ("alice", "alice", "bob", "", ""):
        _order(store, message_id, patient)
    _order(store, message_id, "alice", "other")
    assert _list_due(store) == [1, 3, 4, 5]
    assert _list_due(store, limit=2) == [1, 3]
    assert _list_due(store, -1) == []
    assert store.submit(lambda conn: filings.finish(conn, 1)).result() is not None
    assert _list_due(store) == [2, 3, 4, 5]
    assert store.submit(lambda conn: filings.finish(conn, 1)).result() is None


def test_what_is_put_off_holds_its_patient_up_and_a_dead_letter_nobody(store: Store, message_id: int) -> None:
    for patient in ("alice", "alice", "bob"):
        _order(store, message_id, patient)
    later = NOW + timedelta(seconds=60)
    store.submit(lambda conn: filings.put_off(conn, 1, later, "busy")).result()
    assert _list_due(store) == [3]
    assert store.read(lambda conn: filings.find_next_due(conn, "dpi")).result() == NOW
    store.submit(lambda conn: filings.finish(conn, 3)).result()
    assert store.read(lambda conn: filings.find_next_due(conn, "dpi")).result() == later
    assert _list_due(store, 60) == [1]
    store.submit(lambda conn: filings.bury(conn, 1, "gone")).result()
    assert _list_due(store, 60) == [2]
    [dead] = store.read(lambda conn: filings.list_filings(conn, state=FilingState.DEAD)).result()
    assert (dead.id, dead.attempts, dead.last_error) == (1, 2, "gone")
    assert store.read(filings.count_filings).result() == {
        ("dpi", FilingState.DEAD): 1,
        ("dpi", FilingState.WAITING): 1,
    }
    assert store.submit(lambda conn: filings.revive(conn, 1, later)).result()
    assert _list_due(store, 60) == [1]
    assert not store.submit(lambda conn: filings.revive(conn, 99, later)).result()
    assert store.read(lambda conn: filings.find_next_due(conn, "nobody")).result() is None


def test_a_message_that_is_expunged_stays_until_it_is_filed(store: Store, message_id: int) -> None:
    _order(store, message_id, "alice")
    assert store.read(lambda conn: filings.is_filed(conn, message_id, ROBOT)).result()
    assert not store.read(lambda conn: filings.is_filed(conn, message_id, Address("x", "a.test"))).result()
    store.submit(lambda conn: expunge(conn, 1, [UID(1)], 1)).result()
    assert store.read(lambda conn: load_message(conn, message_id)).result() is not None
    assert check_store(store) == []
    store.submit(lambda conn: filings.finish(conn, 1)).result()
    assert store.read(lambda conn: load_message(conn, message_id)).result() is None
    assert check_store(store) == []
