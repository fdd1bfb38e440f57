"""An alert to many members over real TLS to peers in this process, and what it costs the others' mail meanwhile.

``python -m scripts.benchmarks.lists [MEMBERS] [DOMAINS]``: 50,000 in 50 unless said otherwise.
"""

import asyncio
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from mssmail.core.address import Address
from mssmail.core.lists import MailList, MemberState, Posting, PostState
from mssmail.flows.lists import Lister
from mssmail.settings import Lists, Queue
from mssmail.store.list_posts import count_outcomes, list_posts_of
from mssmail.store.lists import add_members
from tests.delivery.scripted_peer import Script
from tests.flows.dispatch_room import PEER, Room, open_room, until
from tests.support.mailing import ALERTS, ask, build_list, change, make_list
from tests.support.operator_room import BOB, MESSAGE, build_envelope, build_white_list, name_of, sign
from tests.support.store import NOW

_PAGE = 5_000
_LETTER = MESSAGE + b"Alerte sanitaire.\r\n" * 1_000


async def fill(room: Room, number: int, domains: int) -> MailList:
    """A list with so many members in so many domains, all of one peer."""
    now = datetime.now(UTC)
    listed = build_white_list(now, a__test=PEER)
    names = {f"d{each}.test": frozenset({name_of(PEER)}) for each in range(domains)}
    room.operator.trust.white_list = replace(listed, domains={**listed.domains, **names})
    made = await asyncio.to_thread(make_list, room.operator.store, build_list(posting=Posting.ANYONE))
    for start in range(0, number, _PAGE):
        page = [Address(f"m{at}", f"d{at % domains}.test") for at in range(start, min(start + _PAGE, number))]
        await change(room.operator.store, lambda conn, page=page: add_members(conn, made.id, page, NOW))  # type: ignore[misc]
    return made


async def receive_others(room: Room, data: bytes, waits: list[float]) -> None:
    """A letter from a peer ten times a second: how long each waits for its 250."""
    while True:
        started = perf_counter()
        await room.operator.receiver.receive(build_envelope(data, BOB))
        waits.append(perf_counter() - started)
        await asyncio.sleep(0.1)


async def measure_others(room: Room, data: bytes, seconds: float) -> list[float]:
    """The same for a while, with nothing else to do."""
    waits: list[float] = []
    task = asyncio.create_task(receive_others(room, data, waits))
    await asyncio.sleep(seconds)
    task.cancel()
    return waits


async def until_done(room: Room, made: MailList) -> None:
    """Until every member has an outcome."""

    async def is_done() -> bool:
        [post] = await ask(room.operator.store, lambda conn: list_posts_of(conn, made.id))
        return post.state is PostState.DONE

    await until(is_done, 3_600)


async def run(folder: Path, number: int, domains: int) -> None:
    """Send one alert and say how it went."""
    data = sign(_LETTER, folder)
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(open_room(folder, Queue()))
        await room.add_peer("*", Script())
        made = await fill(room, number, domains)
        dispatcher = await room.start()
        settings = replace(room.operator.settings, lists=Lists())
        store = room.operator.store
        lister = Lister(settings, store, room.operator.examiner, dispatcher.wake, lambda: datetime.now(UTC))
        quiet = await measure_others(room, data, 5)
        waits: list[float] = []
        others = asyncio.create_task(receive_others(room, data, waits))
        started, spent = perf_counter(), process_time()
        await room.operator.receiver.receive(build_envelope(data, ALERTS))
        await lister.start()
        await until_done(room, made)
        [post] = await ask(store, lambda conn: list_posts_of(conn, made.id))
        took, cpu = perf_counter() - started, process_time() - spent
        await lister.stop()
        others.cancel()
        numbers = await ask(store, lambda conn: count_outcomes(conn, post.id))
    delivered = numbers[MemberState.DELIVERED]
    print(f"{delivered} of {number} members in {domains} domains: {took:.1f} s, {delivered / took:.0f} a second")
    print(f"CPU a member, client and peer in one process: {cpu / number * 1e3:.2f} ms")
    for name, found in (("before", quiet), ("meanwhile", waits)):
        worst = max(found) * 1e3
        print(f"other mail's 250 {name}: median {statistics.median(found) * 1e3:.0f} ms, longest {worst:.0f} ms")


def main() -> None:
    """One table."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    domains = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run(Path(name), number, domains))


if __name__ == "__main__":
    main()
