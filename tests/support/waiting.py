"""Waiting for what rings no bell."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Until it is so; TimeoutError when it does not come true."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what we wait for rings no bell
            await asyncio.sleep(0.01)
