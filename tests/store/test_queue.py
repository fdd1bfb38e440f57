from dataclasses import replace
from datetime import timedelta

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.core.queue import QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.store import queue
from mssmail.store.engine import Store
from mssmail.store.messages import Placement, deliver, load_message
from tests.support.store import NOW, add_account, build_delivery, build_message

BOB, EVE = parse_address("bob@b.test"), parse_address("eve@c.test")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def message_id(store: Store) -> int:
    """A message on its way to two recipients."""
    anne = parse_address("anne@a.test")
    delivery = build_delivery(store, build_message(), queue=(BOB, EVE), reverse_path=anne, trace_id="trace")
    return store.submit(lambda conn: deliver(conn, delivery)).result().message_id


def _claim(store: Store, minutes: int = 0, limit: int = 10) -> list[QueueItem]:
    now = NOW + minutes * MINUTE
    return store.submit(lambda conn: queue.claim(conn, now, limit, now + 10 * MINUTE)).result()


def _settle(store: Store, item: QueueItem, state: QueueState, **more: object) -> bool:
    return store.submit(lambda conn: queue.settle(conn, item.id, state, **more)).result()  # type: ignore[arg-type]


def test_a_claimed_item_has_all_a_dispatcher_needs(store: Store, message_id: int) -> None:
    first, second = _claim(store)
    assert (first.recipient, second.recipient) == (BOB, EVE)
    assert (first.message_id, first.trace_id, str(first.reverse_path)) == (message_id, "trace", "anne@a.test")
    assert (first.state, first.attempts, first.queued_at) == (QueueState.SENDING, 1, NOW)
    assert first.leased_until == NOW + 10 * MINUTE


def test_what_was_asked_for_goes_with_each_item_to_the_letter(store: Store) -> None:
    mail, asked = MailParameters("hdrs", "aB+2Bc", requires_tls=True), RecipientParameters("success", "rfc822;Bob@B")
    plain = build_delivery(store, build_message(), queue=(BOB, EVE), trace_id="trace")
    delivery = replace(plain, parameters=mail, asked={BOB: asked})
    message_id = store.submit(lambda conn: deliver(conn, delivery)).result().message_id
    first, second = _claim(store)
    assert (first.mail, first.parameters, first.delays_told) == (mail, asked, 0)
    assert (second.mail, second.parameters) == (mail, RecipientParameters())
    message = store.read(lambda conn: load_message(conn, message_id)).result()
    assert message is not None
    assert message.parameters == mail


@pytest.mark.usefixtures("message_id")
def test_delay_reports_are_counted(store: Store) -> None:
    first, _ = _claim(store)
    assert _settle(store, first, QueueState.WAITING, next_try_at=NOW, delays_told=1)
    assert [item.delays_told for item in _claim(store)] == [1]


@pytest.mark.usefixtures("message_id")
def test_nobody_claims_what_is_leased_until_the_lease_runs_out(store: Store) -> None:
    assert len(_claim(store, limit=1)) == 1
    assert len(_claim(store)) == 1
    assert _claim(store) == []
    assert _claim(store, minutes=9) == []
    assert [item.attempts for item in _claim(store, minutes=10)] == [2, 2]


@pytest.mark.usefixtures("message_id")
def test_busy_domains_are_left_alone(store: Store) -> None:
    def take(*without: str) -> list[Address]:
        claimed = store.submit(lambda conn: queue.claim(conn, NOW, 10, NOW + MINUTE, without=without)).result()
        return [item.recipient for item in claimed]

    assert take("b.test", "c.test") == []
    assert take("b.test", "test") == [EVE]
    assert take("c.test") == [BOB]


@pytest.mark.usefixtures("message_id")
def test_what_a_dead_dispatcher_held_comes_due_at_once(store: Store) -> None:
    held = _claim(store)
    assert store.submit(lambda conn: queue.release_leases(conn, NOW + MINUTE)).result() == 2
    assert _claim(store, minutes=0) == []
    assert [item.id for item in _claim(store, minutes=1)] == [item.id for item in held]


@pytest.mark.usefixtures("message_id")
def test_a_deferred_item_waits_for_its_time_and_remembers_why(store: Store) -> None:
    item, _ = _claim(store)
    reply = Reply(451, "4.7.5", "Come back")
    assert _settle(store, item, QueueState.WAITING, next_try_at=NOW + 5 * MINUTE, reply=reply, error="refused")
    assert [waiting.id for waiting in _claim(store, minutes=4)] == []
    (again,) = _claim(store, minutes=5)
    assert (again.id, again.last_reply, again.last_error, again.attempts) == (item.id, reply, "refused", 2)


@pytest.mark.parametrize("state", [QueueState.DONE, QueueState.FAILED])
def test_the_message_goes_with_its_last_item(store: Store, message_id: int, state: QueueState) -> None:
    first, second = _claim(store)
    assert _settle(store, first, state)
    assert store.read(lambda conn: load_message(conn, message_id)).result() is not None
    assert _settle(store, second, state)
    assert store.read(lambda conn: load_message(conn, message_id)).result() is None
    assert not _settle(store, second, state)
    assert store.read(queue.list_items).result() == []


def test_a_relayed_message_stays_in_the_mailboxes_it_is_in(store: Store) -> None:
    delivery = build_delivery(store, build_message(), Placement(add_account(store).id), queue=(BOB,))
    message_id = store.submit(lambda conn: deliver(conn, delivery)).result().message_id
    (item,) = _claim(store)
    _settle(store, item, QueueState.DONE)
    assert store.read(lambda conn: load_message(conn, message_id)).result() is not None


@pytest.mark.usefixtures("message_id")
def test_a_held_item_is_not_claimed_and_not_due(store: Store) -> None:
    for item in _claim(store):
        assert _settle(store, item, QueueState.HELD, error="by hand")
    assert _claim(store, minutes=10_000) == []
    assert store.read(queue.find_next_try).result() is None
    assert store.read(queue.count_items).result()[QueueState.HELD] == 2


def test_the_oldest_item_tells_how_long_mail_waits(store: Store, message_id: int) -> None:
    assert message_id
    assert store.read(queue.find_oldest).result() == NOW


def test_the_dispatcher_learns_when_to_look_again(store: Store, message_id: int) -> None:
    assert message_id
    assert store.read(queue.find_next_try).result() == NOW
    item, _ = _claim(store)
    assert store.read(queue.find_next_try).result() == NOW + 10 * MINUTE
    _settle(store, item, QueueState.WAITING, next_try_at=NOW + 3 * MINUTE)
    assert store.read(queue.find_next_try).result() == NOW + 3 * MINUTE


@pytest.mark.usefixtures("message_id")
def test_items_are_listed_in_pages(store: Store) -> None:
    (first,) = store.read(lambda conn: queue.list_items(conn, limit=1)).result()
    (second,) = store.read(lambda conn: queue.list_items(conn, after_id=first.id)).result()
    assert (first.recipient, second.recipient) == (BOB, EVE)


@pytest.mark.usefixtures("message_id")
@pytest.mark.parametrize(
    ("state", "next_try_at"), [(QueueState.WAITING, None), (QueueState.HELD, NOW), (QueueState.SENDING, None)]
)
def test_an_outcome_that_makes_no_sense_is_a_mistake(store: Store, state: QueueState, next_try_at: object) -> None:
    item, _ = _claim(store)
    with pytest.raises(ValueError, match="next try"):
        _settle(store, item, state, next_try_at=next_try_at)


def test_people_hold_release_and_hurry_what_waits_and_nothing_else(store: Store, message_id: int) -> None:
    assert message_id
    first, second = store.read(queue.list_items).result()
    later = NOW + MINUTE
    assert store.submit(lambda conn: queue.hold(conn, first.id)).result()
    assert not store.submit(lambda conn: queue.hold(conn, first.id)).result()
    assert not store.submit(lambda conn: queue.retry(conn, first.id, later)).result()
    assert store.submit(lambda conn: queue.release(conn, first.id, later)).result()
    assert not store.submit(lambda conn: queue.release(conn, first.id, later)).result()
    found = store.read(lambda conn: queue.find_item(conn, first.id)).result()
    assert found is not None
    assert (found.state, found.next_try_at) == (QueueState.WAITING, later)
    _claim(store)  # the second is being sent now: nobody may pull it from under the dispatcher
    assert not store.submit(lambda conn: queue.hold(conn, second.id)).result()
    assert store.read(lambda conn: queue.find_item(conn, 10_000)).result() is None
