import asyncio

from mssmail.flows.bell import Bells


async def test_a_ring_before_the_wait_is_not_lost() -> None:
    bells = Bells()
    bell = bells.listen(1)
    bells.ring(1)
    assert await bell.wait(0)
    assert not await bell.wait(0)


async def test_a_ring_wakes_who_waits() -> None:
    bells = Bells()
    bell = bells.listen(1)
    waiting = asyncio.ensure_future(bell.wait())
    await asyncio.sleep(0)
    bells.ring(1)
    assert await waiting


async def test_many_rings_are_one() -> None:
    bells = Bells()
    bell = bells.listen(1)
    bells.ring(1)
    bells.ring(1, 1)
    assert await bell.wait(0)
    assert not await bell.wait(0)


async def test_only_listeners_of_the_mailbox_hear_it() -> None:
    bells = Bells()
    first, second, other = bells.listen(1), bells.listen(1), bells.listen(2)
    bells.ring(1, 3)
    assert await first.wait(0)
    assert await second.wait(0)
    assert not await other.wait(0)


async def test_a_closed_bell_is_silent_and_may_be_closed_again() -> None:
    bells = Bells()
    first, second = bells.listen(1), bells.listen(1)
    first.close()
    first.close()
    bells.ring(1)
    assert not await first.wait(0)
    assert await second.wait(0)
    second.close()
    second.close()


async def test_a_thread_can_ring() -> None:
    bells = Bells()
    bell = bells.listen(1)
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(bells.ring_soon, loop, (1,))
    assert await bell.wait(10)


def test_ringing_after_the_loop_has_ended_is_silent() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    Bells().ring_soon(loop, (1,))


async def test_a_wait_that_is_given_up_loses_no_ring() -> None:
    bells = Bells()
    bell = bells.listen(1)
    waiting = asyncio.ensure_future(bell.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    bells.ring(1)
    await asyncio.gather(waiting, return_exceptions=True)
    assert await bell.wait(0)
