"""Rounds go on whatever happens in them, and end when they are told to."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from mssmail.flows.rounds import LONGEST_WAIT, Rounds, find_wait

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _raise(error: BaseException) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        raise error

    return act


async def _meet_something_cancelled() -> None:
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    gone.cancel()
    await gone


@pytest.mark.parametrize(
    "mistake",
    [_raise(RuntimeError("ours")), _raise(TimeoutError()), _meet_something_cancelled],
    ids=["mistake", "timeout", "cancelled"],
)
async def test_what_a_round_raises_is_told_and_the_next_one_comes(
    mistake: Callable[[], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    count, third = 0, asyncio.Event()

    async def act() -> float:
        nonlocal count
        count += 1
        if count > 2:
            third.set()
            return 3_600.0
        await mistake()
        return 3_600.0

    rounds = Rounds("100 % of it cannot be done", act, 0.0)
    await rounds.start()
    await asyncio.wait_for(third.wait(), 30)
    await rounds.stop()
    assert [record.getMessage() for record in caplog.records] == ["100 % of it cannot be done"] * 2
    assert all(record.exc_info for record in caplog.records)


async def test_waking_brings_the_next_round_at_once_also_when_one_is_under_way() -> None:
    begun: asyncio.Queue[int] = asyncio.Queue()

    async def act() -> float:
        begun.put_nowait(begun.qsize())
        return 3_600.0

    rounds = Rounds("never", act, 3_600.0)
    rounds.wake()  # before they begin: nothing is lost, the first round comes anyway
    await rounds.start()
    for _ in range(3):
        await asyncio.wait_for(begun.get(), 30)
        rounds.wake()
    await rounds.stop()


async def test_a_round_may_end_by_itself_where_it_is_given_the_time() -> None:
    begun = asyncio.Event()
    ended: list[bool] = []

    async def act() -> float:
        begun.set()
        await rounds.rest(3_600.0)
        ended.append(rounds.is_stopping)
        return 0.0

    rounds = Rounds("never", act, 0.0)
    await rounds.start()
    await begun.wait()
    await rounds.stop(None)
    await rounds.stop(None)
    assert ended == [True]


async def test_a_round_that_lasts_is_cut_off_and_tells_nobody(caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def act() -> float:
        begun.set()
        await asyncio.Event().wait()
        return 0.0

    rounds = Rounds("never", act, 0.0)
    await rounds.stop()  # before it began
    rounds = Rounds("never", act, 0.0)
    await rounds.start()
    await begun.wait()
    await rounds.stop(0.01)
    assert caplog.records == []


async def test_a_round_that_will_not_be_cut_off_is_the_last() -> None:
    begun, count = asyncio.Event(), 0

    async def act() -> float:
        nonlocal count
        count += 1
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return 0.0

    rounds = Rounds("never", act, 0.0)
    await rounds.start()
    await begun.wait()
    await asyncio.wait_for(rounds.stop(), 30)
    assert count == 1


@pytest.mark.parametrize(
    ("due_in", "seconds"), [(None, LONGEST_WAIT), (-5, 0.01), (0, 0.01), (7, 7), (3_600, LONGEST_WAIT)]
)
def test_the_wait_is_bounded_both_ways(due_in: int | None, seconds: float) -> None:
    due_at = None if due_in is None else NOW + timedelta(seconds=due_in)
    assert find_wait(due_at, NOW) == seconds
