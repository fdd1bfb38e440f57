"""Results of other threads' work come to the loop together, whatever they are and whoever still waits."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from mssmail.flows.crossing import Crossing


def _finish(futures: "list[Future[int]]") -> None:
    for number, future in enumerate(futures):
        future.set_result(number)


async def _finish_in_a_thread(futures: "list[Future[int]]") -> None:
    thread = threading.Thread(target=_finish, args=(futures,))
    thread.start()
    await asyncio.to_thread(thread.join)


async def test_everybody_gets_what_was_theirs() -> None:
    crossing, futures = Crossing(), [Future[int]() for _ in range(200)]
    waiting = [asyncio.create_task(crossing.wait_for(each)) for each in futures]
    await asyncio.sleep(0)
    await _finish_in_a_thread(futures)
    assert await asyncio.gather(*waiting) == list(range(200))


async def test_what_finishes_together_wakes_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    crossing, futures = Crossing(), [Future[int]() for _ in range(20)]
    waiting = [asyncio.create_task(crossing.wait_for(each)) for each in futures]
    await asyncio.sleep(0)
    loop, calls = asyncio.get_running_loop(), []
    call = loop.call_soon_threadsafe

    def count(*arguments: object) -> asyncio.Handle:
        calls.append(arguments)
        return call(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "call_soon_threadsafe", count)
    _finish(futures)  # before the loop has had its turn
    monkeypatch.undo()
    assert await asyncio.gather(*waiting) == list(range(20))
    assert len(calls) == 1


async def test_what_was_done_before_is_told_too() -> None:
    future = Future[int]()
    future.set_result(7)
    assert await Crossing().wait_for(future) == 7


async def test_a_failure_is_raised() -> None:
    future = Future[int]()
    future.set_exception(LookupError("no"))
    with pytest.raises(LookupError, match="no"):
        await Crossing().wait_for(future)


async def test_who_is_cancelled_cancels_nothing_and_holds_up_nobody() -> None:
    crossing, futures = Crossing(), [Future[int]() for _ in range(2)]
    first, second = (asyncio.create_task(crossing.wait_for(each)) for each in futures)
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await _finish_in_a_thread(futures)
    assert await second == 1
    assert not futures[0].cancelled()


def test_after_the_loop_has_ended_nobody_is_told() -> None:
    future = Future[int]()

    async def begin() -> None:
        task = asyncio.create_task(Crossing().wait_for(future))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(begin())
    future.set_result(1)  # raises nothing, and warns of nothing
    assert future.result() == 1
