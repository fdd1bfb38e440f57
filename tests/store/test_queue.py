from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mssmail.core.address import parse_address
from mssmail.core.lane import PeerState
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.core.queue import LastWord, QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.store import queue
from mssmail.store.engine import Connection, Store
from mssmail.store.messages import Placement, deliver, load_message
from mssmail.store.peers import save_peer
from tests.support.store import NOW, add_account, build_delivery, build_message

BOB, EVE = parse_address("bob@b.test"), parse_address("eve@c.test")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def message_id(store: Store) -> int:
    """A message on its way to two recipients."""
    anne = parse_address("anne@a.test")
    delivery = build_delivery(store, build_message(), queue=(BOB, EVE), reverse_path=anne, trace_id="trace")
    return store.submit(lambda conn: deliver(conn, delivery)).result().message_id


LANES = ("b.test", "c.test")


def _claim(store: Store, minutes: int = 0, limit: int = 10, lanes: tuple[str, ...] = LANES) -> list[QueueItem]:
    now = NOW + minutes * MINUTE
    wanted = dict.fromkeys(lanes, limit)
    return store.submit(lambda conn: queue.claim(conn, now, wanted, now + 10 * MINUTE)).result()


def _list_waiting(store: Store) -> list[tuple[str, datetime]]:
    return [(each.lane, each.due_at) for each in store.read(queue.list_waiting).result()]


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
def test_nobody_claims_what_is_leased_until_somebody_finds_the_lease_expired(store: Store) -> None:
    def release(minutes: int) -> int:
        return store.submit(lambda conn: queue.release_expired(conn, NOW + minutes * MINUTE)).result()

    assert len(_claim(store, lanes=("b.test",))) == 1
    assert len(_claim(store)) == 1
    assert _claim(store, minutes=20) == []
    assert release(9) == 0
    assert release(10) == 2
    assert [item.attempts for item in _claim(store, minutes=10)] == [2, 2]


@pytest.mark.usefixtures("message_id")
def test_a_renewed_lease_does_not_expire(store: Store) -> None:
    first, second = _claim(store)
    store.submit(lambda conn: queue.renew_leases(conn, [first.id], NOW + 30 * MINUTE)).result()
    assert store.submit(lambda conn: queue.release_expired(conn, NOW + 20 * MINUTE)).result() == 1
    assert [item.id for item in _claim(store, minutes=20)] == [second.id]


@pytest.mark.usefixtures("message_id")
def test_only_the_lanes_wanted_are_claimed(store: Store) -> None:
    assert _claim(store, lanes=()) == []
    assert _claim(store, lanes=("test", "a.test")) == []
    assert [item.recipient for item in _claim(store, lanes=("c.test",))] == [EVE]
    assert [(item.recipient, item.lane) for item in _claim(store)] == [(BOB, "b.test")]


def test_recipients_of_one_message_are_claimed_together(store: Store) -> None:
    many = tuple(parse_address(f"r{number}@b.test") for number in range(5))
    for _ in range(2):
        delivery = build_delivery(store, build_message(), queue=many)
        store.submit(lambda conn, delivery=delivery: deliver(conn, delivery)).result()  # type: ignore[misc]
    first = _claim(store, limit=1)
    assert [item.recipient for item in first] == list(many)
    assert len({item.message_id for item in first}) == 1
    assert len(_claim(store, limit=6)) == 5


def test_a_due_item_of_a_message_does_not_bring_those_that_are_not(store: Store, message_id: int) -> None:
    delivery = build_delivery(store, build_message(), queue=(BOB, parse_address("bert@b.test")))
    store.submit(lambda conn: deliver(conn, delivery)).result()
    claimed = _claim(store, lanes=("b.test",))
    assert len(claimed) == 3
    assert message_id == claimed[0].message_id
    _settle(store, claimed[1], QueueState.WAITING, next_try_at=NOW)
    _settle(store, claimed[2], QueueState.WAITING, next_try_at=NOW + MINUTE)
    assert [item.id for item in _claim(store, lanes=("b.test",))] == [claimed[1].id]


@pytest.mark.usefixtures("message_id")
def test_an_item_that_cannot_be_read_is_held_and_keeps_nobody_else(store: Store) -> None:
    def damage(conn: Connection) -> None:
        conn.exec_driver_sql("UPDATE queue SET recipient = 'nobody at all' WHERE id = 1")

    store.submit(damage).result()
    assert [item.recipient for item in _claim(store)] == [EVE]
    found = store.read(lambda conn: queue.find_item(conn, 1)).result()
    assert found is not None
    assert (found.state, found.is_damaged) == (QueueState.HELD, True)
    assert "damaged in the store" in found.last_error
    assert len(store.read(queue.list_items).result()) == 2


@pytest.mark.usefixtures("message_id")
def test_what_was_not_tried_is_given_back_as_it_was(store: Store) -> None:
    first, second = _claim(store)
    store.submit(lambda conn: queue.give_back(conn, [first.id, second.id], NOW + MINUTE)).result()
    assert _claim(store) == []
    assert [item.attempts for item in _claim(store, minutes=1)] == [1, 1]


@pytest.mark.usefixtures("message_id")
def test_lanes_are_listed_with_what_is_known_of_their_peers(store: Store) -> None:
    later = NOW + MINUTE
    store.submit(lambda conn: save_peer(conn, PeerState("c.test", failures=2, rests_until=later))).result()
    found = store.read(queue.list_waiting).result()
    assert [(each.lane, each.due_at, each.peer.failures) for each in found] == [("b.test", NOW, 0), ("c.test", NOW, 2)]
    assert found[1].peer.rests_until == later


@pytest.mark.usefixtures("message_id")
def test_what_waits_for_a_resting_peer_is_claimed_only_when_something_must_be_said(store: Store) -> None:
    def overdue(*before: tuple[datetime, int], lanes: tuple[str, ...] = LANES, limit: int = 9) -> list[QueueItem]:
        return store.submit(lambda conn: queue.claim_overdue(conn, lanes, before, NOW + MINUTE, limit)).result()

    assert overdue((NOW - MINUTE, 9)) == []
    assert overdue((NOW, 0)) == []
    assert overdue((NOW, 1), lanes=("a.test",)) == []
    (first,) = overdue((NOW, 9), (NOW, 1), limit=1)
    assert (first.attempts, first.state) == (0, QueueState.SENDING)
    assert _settle(store, first, QueueState.WAITING, next_try_at=NOW, delays_told=1)
    assert [item.recipient for item in overdue((NOW, 1))] == [EVE]
    assert [item.recipient for item in overdue((NOW - MINUTE, 9), (NOW, 2))] == [BOB]


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
    assert _settle(
        store,
        item,
        QueueState.WAITING,
        next_try_at=NOW + 5 * MINUTE,
        last=LastWord(reply, "refused", {"tls": "x"}),
        crashes=1,
    )
    assert [waiting.id for waiting in _claim(store, minutes=4)] == []
    (again,) = _claim(store, minutes=5)
    assert (again.id, again.last_reply, again.last_error, again.attempts) == (item.id, reply, "refused", 2)
    assert (again.last_facts, again.crashes) == ({"tls": "x"}, 1)


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
        assert _settle(store, item, QueueState.HELD, last=LastWord(error="by hand"))
    assert _claim(store, minutes=10_000) == []
    assert _list_waiting(store) == []
    assert store.read(queue.count_items).result()[QueueState.HELD] == 2


def test_the_oldest_item_tells_how_long_mail_waits(store: Store, message_id: int) -> None:
    assert message_id
    assert store.read(queue.find_oldest).result() == NOW


def test_the_dispatcher_learns_when_to_look_again(store: Store, message_id: int) -> None:
    assert message_id
    assert _list_waiting(store) == [("b.test", NOW), ("c.test", NOW)]
    item, _ = _claim(store)
    assert _list_waiting(store) == []
    _settle(store, item, QueueState.WAITING, next_try_at=NOW + 3 * MINUTE)
    assert _list_waiting(store) == [("b.test", NOW + 3 * MINUTE)]


@pytest.mark.usefixtures("message_id")
def test_items_are_listed_in_pages(store: Store) -> None:
    (first,) = store.read(lambda conn: queue.list_items(conn, limit=1)).result()
    (second,) = store.read(lambda conn: queue.list_items(conn, after_id=first.id)).result()
    assert (first.recipient, second.recipient) == (BOB, EVE)
    assert [item.id for item in store.read(lambda conn: queue.list_items(conn, lane="c.test")).result()] == [second.id]
    assert store.read(lambda conn: queue.list_items(conn, state=QueueState.HELD)).result() == []


@pytest.mark.usefixtures("message_id")
@pytest.mark.parametrize(
    ("state", "next_try_at"), [(QueueState.WAITING, None), (QueueState.HELD, NOW), (QueueState.SENDING, None)]
)
def test_an_outcome_that_makes_no_sense_is_a_mistake(store: Store, state: QueueState, next_try_at: object) -> None:
    item, _ = _claim(store)
    with pytest.raises(ValueError, match="next try"):
        _settle(store, item, state, next_try_at=next_try_at)
