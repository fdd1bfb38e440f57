"""Many clients at once in the same few mailboxes, at random: each holds every answer against what it was told before.

By default a few for a short while; MSSMAIL_CROWD="50 60" is the whole exercise: 50 clients, 60 seconds.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

from mssmail.store.fsck import check_store
from tests.imap.crowd import NAMES, Deleted, Visitor, act_until
from tests.imap.support import PASSWORD, USER, Running, World, connect, run_listener

CLIENTS, SECONDS = map(int, os.environ.get("MSSMAIL_CROWD", "8 3").split())


async def _visit(running: Running, name: str, seed: int, door: asyncio.Semaphore) -> int:
    """One client; when its mailbox is deleted it comes back. How many commands it gave."""
    loop = asyncio.get_running_loop()
    random, done, deadline = Random(seed), 0, 0.0
    while not deadline or loop.time() < deadline:
        async with AsyncExitStack() as stack:
            async with door:  # handshakes and passwords take their time
                line = await stack.enter_async_context(connect(running, signed_in=False))
                visitor = Visitor(line, random, name)
                await visitor.do(f'LOGIN {USER} "{PASSWORD}"')
            deadline = deadline or loop.time() + SECONDS
            try:
                await visitor.select("INBOX")
                await act_until(visitor, deadline, CLIENTS / 50)
            except Deleted:
                pass
            done += visitor.done
    return done


async def test_nobody_is_told_what_cannot_be(world: World, tmp_path: Path) -> None:
    async with run_listener(
        world, tmp_path, max_connections=200, max_connections_per_address=200, max_connections_per_account=200
    ) as running:
        door = asyncio.Semaphore(4)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_visit(running, f"c{n}x", n, door)) for n in range(CLIENTS)]
        assert all(task.result() > 0 for task in tasks)
        async with connect(running) as first, connect(running) as second:
            for name in NAMES:
                seen = [await Visitor(line, Random(0), "z").see_all(name) for line in (first, second)]
                assert seen[0] == seen[1]
    assert check_store(world.store) == []
