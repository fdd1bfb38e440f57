"""An operator whose queue is served, and a scripted peer that takes its mail, over real sockets and mutual TLS."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dns.asyncresolver

from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.clock import Clock, read_clock
from mssmail.core.parameters import PLAIN_MAIL, MailParameters, RecipientParameters
from mssmail.core.queue import QueueItem
from mssmail.delivery.resolve import MailResolver
from mssmail.flows.dispatch import Dispatcher
from mssmail.journal import Entry, Event
from mssmail.lab.pki import Credential
from mssmail.settings import Queue, Route
from mssmail.store.messages import KeptMessage, deliver, load_message
from mssmail.store.queue import list_items
from tests.delivery.scripted_peer import Script, ScriptedPeer, build_server_context, run_peer
from tests.support.operator_room import BOB, TODAY, Operator, build_settings, open_operator
from tests.support.store import RELAY_PREFIX, build_delivery, build_message

ANNE, ARTHUR, CLEO = (parse_address(text) for text in ("anne@a.test", "arthur@a.test", "cleo@c.test"))
PEER = TODAY.make_operator("peer.a.test")
AT_ONCE = Queue(retry_seconds=(0,), connect_timeout_seconds=10, command_timeout_seconds=10)


@dataclass
class Room:
    """The operator with its dispatcher, and whom it may deliver to."""

    directory: Path
    operator: Operator
    stack: AsyncExitStack
    queue: Queue = AT_ONCE
    routes: list[Route] = field(default_factory=list)
    dispatcher: Dispatcher | None = None
    clock: Clock = read_clock

    async def add_peer(self, domain: str, script: Script, credential: Credential = PEER) -> ScriptedPeer:
        context = build_server_context(credential, TODAY.anchors, self.directory)
        peer = await self.stack.enter_async_context(run_peer(script, context))
        self.routes.append(Route(domain, "127.0.0.1", peer.port))
        return peer

    async def put(
        self,
        *recipients: Address,
        text: str = "hello",
        reverse_path: ReversePath = BOB,
        octets: int = 0,
        parameters: MailParameters = PLAIN_MAIL,
        asked: Mapping[Address, RecipientParameters] | None = None,
    ) -> bytes:
        """Queue a message; the bytes a peer should get."""
        data = build_message(text) + b"A line of a long letter.\r\n" * (octets // 26)
        store = self.operator.store
        delivery = replace(
            build_delivery(store, data, queue=recipients, reverse_path=reverse_path),
            relay_prefix=RELAY_PREFIX,
            received_at=datetime.now(UTC),
            parameters=parameters,
            asked=asked or {},
        )
        await asyncio.wrap_future(store.submit(lambda conn: deliver(conn, delivery)))
        if self.dispatcher is not None:
            self.dispatcher.wake()
        return RELAY_PREFIX + data

    async def start(self, resolver: MailResolver | None = None) -> Dispatcher:
        operator = self.operator
        settings = replace(operator.settings, route=tuple(self.routes), queue=self.queue)
        self.dispatcher = Dispatcher(
            settings,
            operator.store,
            operator.trust,
            operator.examiner,
            operator.bells,
            resolver=resolver or build_no_dns(),
            clock=self.clock,
        )
        await self.dispatcher.start()
        self.stack.push_async_callback(self.dispatcher.stop, 0.1)
        return self.dispatcher

    async def read_items(self) -> list[QueueItem]:
        return list(await asyncio.wrap_future(self.operator.store.read(list_items)))

    async def read_journal(self, *events: Event) -> list[Entry]:
        return await self.operator.read_journal(*events)

    async def load_report(self) -> KeptMessage:
        """The first message of bob's INBOX."""
        meta = (await self.operator.list_inbox(BOB))[0]
        kept = await asyncio.wrap_future(self.operator.store.read(lambda conn: load_message(conn, meta.message_id)))
        assert kept is not None
        return kept

    async def settle(self) -> None:
        """Until nothing is queued any more."""

        async def is_empty() -> bool:
            return not await self.read_items()

        await until(is_empty)

    async def wait_for(self, event: Event, number: int = 1) -> list[Entry]:
        """Until the journal has so many of these."""
        found: list[Entry] = []

        async def has_come() -> bool:
            found[:] = await self.read_journal(event)
            return len(found) >= number

        await until(has_come)
        return found


async def until(condition: Callable[[], Coroutine[Any, Any, bool]], seconds: float = 30.0) -> None:
    """Look again and again; fails when it takes too long."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is looked at has no bell
            await asyncio.sleep(0.01)


def build_no_dns() -> MailResolver:
    """A resolver whose name server nobody runs."""
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = 9
    resolver.lifetime = 0.1
    return MailResolver(resolver, random.Random(1))


@asynccontextmanager
async def open_room(directory: Path, queue: Queue = AT_ONCE) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        operator = await stack.enter_async_context(open_operator(directory, build_settings(directory)))
        yield Room(directory, operator, stack, queue)
