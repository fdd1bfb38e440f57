"""A lane opens wide or narrow, grows with success, and shares its items out to its sessions."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mssmail.core.address import parse_address
from mssmail.core.lane import PeerState
from mssmail.core.queue import QueueItem, QueueState
from mssmail.flows.lane import Lane
from mssmail.settings import Queue

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIMITS = Queue(retry_seconds=(60, 600), max_in_hand=64, max_per_domain=3)
WELL = PeerState("a.test")
ILL = PeerState("a.test", 2, NOW, NOW, "no connection")


def _items(*message_ids: int) -> list[QueueItem]:
    recipient = parse_address("r@a.test")
    return [
        QueueItem(number, "t", message_id, None, recipient, QueueState.SENDING, 1, NOW, NOW)
        for number, message_id in enumerate(message_ids, 1)
    ]


def test_a_peer_that_was_well_gets_several_at_first_and_one_that_was_ill_a_single_one() -> None:
    assert Lane(WELL, LIMITS).room == 8
    assert Lane(WELL, replace(LIMITS, max_in_hand=3)).room == 3
    assert Lane(ILL, LIMITS).room == 1


def test_it_takes_more_when_half_is_done_and_says_so() -> None:
    woken: list[int] = []
    lane = Lane(WELL, LIMITS, lambda: woken.append(1))
    items = _items(*range(8))
    lane.enter(items)
    assert lane.room == 0
    lane.forget(items[:3])
    assert (lane.room, woken) == (0, [])
    lane.forget(items[3:4])
    assert (lane.room, woken) == (4, [1])


def test_each_success_doubles_it_up_to_its_limit_and_a_failure_makes_it_small() -> None:
    lane = Lane(ILL, LIMITS)
    rooms = []
    for _ in range(8):
        lane.note_success("TLSv1.3")
        rooms.append(lane.room)
    assert rooms == [2, 4, 8, 16, 32, 64, 64, 64]
    lane.note_failure(NOW, "gone", 0.5)
    assert lane.room == 1


def test_failures_lengthen_the_rest_and_success_ends_it() -> None:
    lane = Lane(WELL, LIMITS)
    assert lane.note_failure(NOW, "gone", 0.5) == NOW + timedelta(seconds=60)
    later = NOW + timedelta(seconds=60)
    assert lane.is_resting(NOW)
    assert not lane.is_resting(later)
    assert lane.note_failure(later, "still gone", 0.5) == later + timedelta(seconds=600)
    assert lane.peer == PeerState("a.test", 2, NOW, later + timedelta(seconds=600), "still gone")
    assert lane.is_changed
    lane.note_success("TLSv1.2")
    assert lane.peer == PeerState("a.test", tls_floor="TLSv1.2")


def test_the_floor_is_the_newest_version_seen() -> None:
    lane = Lane(replace(WELL, tls_floor="TLSv1.2"), LIMITS)
    lane.note_success("TLSv1.2")
    assert not lane.is_changed
    lane.note_success("TLSv1.3")
    lane.note_success("TLSv1.2")
    assert (lane.peer.tls_floor, lane.is_changed) == ("TLSv1.3", True)


def test_more_sessions_are_worth_it_when_much_waits() -> None:
    lane = Lane(WELL, LIMITS)
    assert not lane.wants_session()
    lane.enter(_items(1, 2, 3, 4))
    assert lane.wants_session()
    lane.sessions = 1
    assert not lane.wants_session()
    lane.enter(_items(*range(10, 60)))
    assert not lane.wants_session()  # nobody there has answered yet
    lane.note_success("TLSv1.3")
    while lane.wants_session():
        lane.sessions += 1
    assert lane.sessions == 3
    lane.sessions = 1
    lane.is_narrow = True
    assert not lane.wants_session()


def test_a_lane_whose_peer_was_ill_has_one_session() -> None:
    lane = Lane(ILL, LIMITS)
    lane.enter(_items(*range(50)))
    assert lane.wants_session()
    lane.sessions = 1
    assert not lane.wants_session()


def test_recipients_of_a_message_go_together_but_not_too_many() -> None:
    lane = Lane(WELL, LIMITS)
    lane.enter(_items(7, 5, 7, *[9] * 101))
    sizes = []
    while (group := lane.take()) is not None:
        assert len({item.message_id for item in group}) == 1
        sizes.append(len(group))
    assert sizes == [2, 1, 100, 1]


async def test_who_waits_is_told_of_what_comes_and_of_the_end() -> None:
    lane = Lane(WELL, LIMITS)
    waiting = asyncio.create_task(lane.wait())
    await asyncio.sleep(0)
    lane.enter(_items(1, 2))
    assert await waiting
    group = lane.take()
    assert group is not None
    lane.put_back(group)
    assert [item.id for item in lane.clear()] == [1, 2]
    waiting = asyncio.create_task(lane.wait())
    await asyncio.sleep(0)
    lane.close()
    assert not await waiting
    lane.enter(_items(3))
    assert lane.take() is None
    assert not await lane.wait()


def test_a_lane_is_idle_when_nobody_works_and_nothing_is_in_hand() -> None:
    lane = Lane(WELL, LIMITS)
    assert lane.is_idle
    items = _items(1)
    lane.enter(items)
    assert not lane.is_idle
    lane.forget(items)
    lane.sessions = 1
    assert not lane.is_idle
