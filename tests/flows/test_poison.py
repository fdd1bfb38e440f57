"""Items the server died on wait, then wait apart, then are held."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mssmail.core.queue import QueueState
from mssmail.flows.poison import Mishap, build_patience, set_back
from mssmail.journal import Event
from mssmail.settings import Queue
from mssmail.store.queue import claim, load_items
from tests.flows.dispatch_room import ANNE, open_room

PATIENCE = build_patience(Queue(retry_seconds=(600,), set_aside_after=3))


async def test_each_mishap_counts_until_the_item_is_held(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE)
        now = datetime.now(UTC)
        due = now
        for crashes, wait in ((1, 0), (2, 600)):
            held = await _die(room.operator.store, due)
            (item,) = await room.read_items()
            assert (held, item.state, item.crashes) == (0, QueueState.WAITING, crashes)
            assert item.next_try_at == due + timedelta(seconds=wait)
            assert (item.last_error, item.last_facts["rule"]) == ("it died", "after-a-mishap")
            due = item.next_try_at
        assert await _die(room.operator.store, due) == 1
        (item,) = await room.read_items()
        assert (item.state, item.crashes, item.last_facts["rule"]) == (QueueState.HELD, 3, "poison")
        (entry,) = await room.read_journal(Event.SET_ASIDE)
        assert (entry.facts["recipient"], entry.facts["crashes"], entry.facts["reason"]) == (
            "anne@a.test",
            3,
            "it died",
        )
        assert len(await room.read_journal(Event.DEFERRED)) == 2


async def _die(store: object, due: datetime) -> int:
    def run(conn: object) -> int:
        items = claim(conn, due, {"a.test": 9}, due)  # type: ignore[arg-type]
        again = load_items(conn, [item.id for item in items])  # type: ignore[arg-type]
        return set_back(conn, again, Mishap("it died", due, 0.5), PATIENCE)  # type: ignore[arg-type]

    return await asyncio.wrap_future(store.submit(run))  # type: ignore[attr-defined]
