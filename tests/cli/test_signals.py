"""SIGTERM ends a program in order."""

import asyncio
import os
import signal

from mssmail.cli.signals import wait_for_signal


async def test_a_signal_sets_the_event() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(wait_for_signal(stop))
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)
    await waiting
    assert stop.is_set()
    for kind in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(kind)
