"""Sockets that take SMTP connections, and how they end: nobody is cut off between DATA and its reply."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from mssmail.errors import ConfigError
from mssmail.settings import Endpoint
from mssmail.smtp.connection import Edge
from mssmail.smtp.server import Conversation
from mssmail.smtp.tls import ContextSource, ServerHandshake

_log = logging.getLogger(__name__)

_BACKLOG: Final = 512
_GRACE_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Door:
    """A place to listen; TLS begins with STARTTLS, or at once (RFC 8314 §3)."""

    endpoint: Endpoint
    is_implicit: bool = False


class Listener:
    """Takes connections at its doors. All doors share one edge, and so its limits."""

    def __init__(self, edge: Edge, contexts: ContextSource, doors: tuple[Door, ...]) -> None:
        self._edge, self._contexts, self._doors = edge, contexts, doors
        self._servers: list[asyncio.Server] = []

    @property
    def addresses(self) -> tuple[Endpoint, ...]:
        """Where it listens, in the order of its doors; port 0 has become a real one."""
        names = (server.sockets[0].getsockname() for server in self._servers)
        return tuple(Endpoint(name[0], name[1]) for name in names)

    async def start(self) -> None:
        """Listen; raises ConfigError when an address cannot be had, and then listens nowhere."""
        try:
            for door in self._doors:
                self._servers.append(await self._open(door))
        except OSError as error:
            await self.stop()
            raise ConfigError(f"cannot listen on {door.endpoint}: {error.strerror or error}") from error
        for door, address in zip(self._doors, self.addresses, strict=True):
            _log.info("SMTP%s at %s", " over TLS" if door.is_implicit else "", address)

    async def stop(self) -> None:
        """Take no more, let commands under way end, and wait for every message that is being answered."""
        for server in self._servers:
            server.close()
        for connection in tuple(self._edge.open):
            connection.shut_down()
        deadline = asyncio.get_running_loop().time() + _GRACE_SECONDS
        while tasks := [task for each in self._edge.open if (task := each.task) is not None]:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                for task in tasks:
                    task.cancel()
            await asyncio.wait(tasks, timeout=max(left, 1))
        if self._edge.commits:
            await asyncio.wait(self._edge.commits)
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    async def _open(self, door: Door) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        host, port = door.endpoint.host, door.endpoint.port
        return await loop.create_server(self._build_factory(door), host, port, backlog=_BACKLOG)

    def _build_factory(self, door: Door) -> Callable[[], asyncio.BaseProtocol]:
        if not door.is_implicit:
            return lambda: Conversation(self._edge)
        inner = replace(self._edge, contexts=None)

        def build() -> asyncio.BaseProtocol:
            context = self._contexts.find_context()
            return ServerHandshake(Conversation(inner), context, inner.on_failure, connections=inner.connections)

        return build
