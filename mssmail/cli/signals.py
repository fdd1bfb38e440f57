"""The one place where signals end a program."""

import asyncio
import signal


async def wait_for_signal(stop: asyncio.Event) -> None:
    """Set ``stop`` on SIGTERM or SIGINT, and wait for it."""
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(kind, stop.set)
    await stop.wait()


def end_on_signals() -> None:
    """Let SIGTERM and a closed terminal end the program as Ctrl-C does: through every ``finally``."""
    for kind in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.default_int_handler)
