"""A sender that can be killed at will, and a peer on loopback that remembers in which of its lives what arrived."""

import asyncio
import contextlib
import email
import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mssmail.core.address import parse_address
from mssmail.settings import Documents, Queue, Route, Workers
from mssmail.store.engine import Store, open_store
from mssmail.store.messages import deliver
from mssmail.store.queue import list_items
from tests.delivery.scripted_peer import Answer, Script, ScriptedPeer, build_server_context
from tests.end_to_end.serving import MARIE, PATIENCE_SECONDS, PEER_NAME, command, make_site, rewrite
from tests.support.operators import Site
from tests.support.pki import Pki
from tests.support.store import build_delivery, build_message

_life: ContextVar[int] = ContextVar("life")
"""Of the sender, when the session that is served began."""
HASTY = Queue(retry_seconds=(1,), connect_timeout_seconds=10, command_timeout_seconds=10, set_aside_after=100)


@dataclass
class Rememberer(ScriptedPeer):
    """It notes the sender's life each message came from, and calls ``on_step`` at each step, before it answers.

    The life is asked for when a session begins: what was written before a kill may be read well after it.
    """

    get_life: Callable[[], int] = lambda: 0
    arrivals: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    on_step: Callable[[str], None] = lambda _step: None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _life.set(self.get_life())
        self.on_step("connected")
        await super().serve(reader, writer)

    def _answer(self, word: bytes, *, secure: bool) -> Answer:
        if word == b".":
            name = email.message_from_bytes(self.messages[-1])["Message-ID"]
            self.arrivals[name].append(_life.get())
        step = word.decode("ascii", "replace") + (" in plain text" if word == b"EHLO" and not secure else "")
        self.on_step({".": "end of data"}.get(step, step))
        return super()._answer(word, secure=secure)


@dataclass
class Sender:
    """One operator as a process; ``kills`` is how many of its lives were ended."""

    site: Site
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0

    @property
    def log(self) -> Path:
        return self.site.folder / "serve.log"

    async def start(self) -> None:
        """Until it says that it is ready."""
        self._spawn()
        await until(lambda: '"message": "ready"' in self.log.read_text("utf-8"), "the operator does not come up")

    def _spawn(self) -> None:
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(command("serve", "--config", str(self.site.config)), stderr=output)

    def kill(self) -> None:
        """Now."""
        if self.process is not None and self.process.returncode is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.kills += 1

    @property
    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    async def stop(self) -> None:
        """In order."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait, PATIENCE_SECONDS)

    @contextlib.contextmanager
    def open_store(self) -> Iterator[Store]:
        store = open_store(self.site.settings.server.store, exclusive=False)
        try:
            yield store
        finally:
            store.close()

    def queue(self, names: Sequence[str]) -> None:
        """A message of each name for the peer, in one transaction."""
        recipient, marie = parse_address("p@peer.test"), parse_address(MARIE)

        def write(conn: object) -> None:
            for name in names:
                data = f"Message-ID: <{name}@a.test>\r\n".encode() + build_message(name)
                delivery = build_delivery(store, data, queue=(recipient,), reverse_path=marie, trace_id=name)
                deliver(conn, replace(delivery, relay_prefix=b"", received_at=datetime.now(UTC)))  # type: ignore[arg-type]

        with self.open_store() as store:
            store.submit(write).result()

    def count_waiting(self) -> int:
        with self.open_store() as store:
            return len(store.read(lambda conn: list_items(conn, limit=5_000)).result())


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[tuple[Sender, Rememberer]]:
    """The sender, not started, and the peer it has a route to, which does not listen yet."""
    pki = Pki(datetime.now(UTC).replace(microsecond=0))
    # Neither examines anything here, and each process more is one more to wait for at every start.
    alone: dict[str, object] = {"workers": Workers(count=1), "documents": Documents(mark=False)}
    site = make_site(folder / "op", pki, queue=HASTY, **alone)
    context = build_server_context(pki.make_operator(PEER_NAME), pki.anchors, folder)
    peer = Rememberer(Script(), context)
    sender = Sender(site)
    peer.get_life = lambda: sender.kills
    with contextlib.ExitStack() as stack:
        stack.callback(sender.kill)
        yield sender, peer


@asynccontextmanager
async def awake(sender: Sender, peer: Rememberer) -> AsyncIterator[None]:
    """The peer listens, where the sender's route leads."""
    tasks: set[asyncio.Task[None]] = set()

    def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(peer.serve(reader, writer)))

    server = await asyncio.start_server(handler, "127.0.0.1", peer.port, reuse_address=True)
    peer.port = server.sockets[0].getsockname()[1]
    settings = sender.site.settings
    rewrite(sender.site, replace(settings, route=(Route("peer.test", "127.0.0.1", peer.port),)))
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def find_unexplained(peer: Rememberer) -> tuple[int, list[str]]:
    """How many copies came too many, and what came twice in one life of the sender: no kill explains that."""
    twice = sum(len(lives) - 1 for lives in peer.arrivals.values())
    return twice, [name for name, lives in peer.arrivals.items() if len(set(lives)) < len(lives)]


async def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Until it is so; AssertionError when it does not come true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(holds):
        assert asyncio.get_running_loop().time() < deadline, what
        await asyncio.sleep(0.02)
