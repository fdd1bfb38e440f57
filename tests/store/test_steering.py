"""People steer what waits, and nothing that is being sent."""

from datetime import timedelta

import pytest

from mssmail.core.address import parse_address
from mssmail.core.endpoint import Endpoint
from mssmail.core.queue import QueueItem, QueueState
from mssmail.store import queue, steering
from mssmail.store.engine import Store
from mssmail.store.messages import deliver
from tests.support.store import NOW, build_delivery, build_message

BOB, EVE = parse_address("bob@b.test"), parse_address("eve@c.test")
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def items(store: Store) -> tuple[int, int]:
    """A message on its way to two recipients."""
    first, second = (
        store.submit(lambda conn: deliver(conn, build_delivery(store, build_message(), queue=(BOB, EVE))))
        .result()
        .queue_ids
    )
    return first, second


def _find(store: Store, item_id: int) -> QueueItem:
    found = store.read(lambda conn: queue.find_item(conn, item_id)).result()
    assert found is not None
    return found


def _claim(store: Store) -> list[QueueItem]:
    wanted = {"b.test": 9, "c.test": 9}
    return store.submit(lambda conn: queue.claim(conn, LATER, wanted, LATER)).result()


def test_what_waits_is_held_released_and_hurried(store: Store, items: tuple[int, int]) -> None:
    first, _ = items
    assert store.submit(lambda conn: steering.hold(conn, first)).result()
    assert not store.submit(lambda conn: steering.hold(conn, first)).result()
    assert not store.submit(lambda conn: steering.retry(conn, first, LATER)).result()
    assert store.submit(lambda conn: steering.release(conn, first, LATER)).result()
    assert not store.submit(lambda conn: steering.release(conn, first, LATER)).result()
    assert (_find(store, first).state, _find(store, first).next_try_at) == (QueueState.WAITING, LATER)
    assert store.submit(lambda conn: steering.retry(conn, first, NOW)).result()
    assert _find(store, first).next_try_at == NOW


def test_who_is_released_is_no_longer_suspected(store: Store, items: tuple[int, int]) -> None:
    held = _claim(store)[0]
    store.submit(lambda conn: queue.settle(conn, held.id, QueueState.HELD, crashes=3)).result()
    assert _find(store, items[0]).crashes == 3
    assert store.submit(lambda conn: steering.release(conn, held.id, LATER)).result()
    assert _find(store, items[0]).crashes == 0


def test_what_is_being_sent_is_the_dispatchers(store: Store, items: tuple[int, int]) -> None:
    _claim(store)
    for item_id in items:
        assert not store.submit(lambda conn, id=item_id: steering.hold(conn, id)).result()  # type: ignore[misc]
        assert not store.submit(lambda conn, id=item_id: steering.take_out(conn, id)).result()  # type: ignore[misc]
        assert not store.submit(
            lambda conn, id=item_id: steering.redirect(conn, id, LATER, steering.Course(EVE))  # type: ignore[misc]
        ).result()


def test_held_or_waiting_may_be_taken_out(store: Store, items: tuple[int, int]) -> None:
    for _ in range(2):
        assert store.submit(lambda conn: steering.take_out(conn, items[0])).result()
        assert _find(store, items[0]).state is QueueState.HELD


def test_an_item_goes_to_another_recipient_or_by_another_server(store: Store, items: tuple[int, int]) -> None:
    first, second = items
    via = Endpoint("::1", 2525)
    store.submit(lambda conn: steering.hold(conn, first)).result()
    assert store.submit(lambda conn: steering.redirect(conn, first, LATER, steering.Course(EVE))).result()
    assert store.submit(lambda conn: steering.redirect(conn, second, LATER, steering.Course(via=via))).result()
    moved, rerouted = _find(store, first), _find(store, second)
    assert (moved.recipient, moved.lane, moved.state, moved.next_try_at) == (EVE, "c.test", QueueState.WAITING, LATER)
    assert (rerouted.recipient, rerouted.lane) == (EVE, "c.test>[::1]:2525")
    assert not store.submit(lambda conn: steering.redirect(conn, 10_000, LATER, steering.Course(EVE))).result()
