"""SIGTERM ends a program in order."""

import asyncio
import os
import signal

import pytest

from mssmail.cli.signals import end_on_signals, wait_for_signal


async def test_a_signal_sets_the_event() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(wait_for_signal(stop))
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)
    await waiting
    assert stop.is_set()
    for kind in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(kind)


def test_sigterm_ends_a_command_like_ctrl_c() -> None:
    before = {kind: signal.getsignal(kind) for kind in (signal.SIGTERM, signal.SIGHUP)}
    end_on_signals()
    try:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
