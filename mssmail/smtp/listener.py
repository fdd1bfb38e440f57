"""Sockets that take SMTP connections, and how they end: nobody is cut off between DATA and its reply."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from mssmail.errors import ListenFault
from mssmail.flows.handshakes import FailedHandshake, Handshakes
from mssmail.flows.intake import Intake
from mssmail.flows.receive import Receiver
from mssmail.flows.submit import Submitter
from mssmail.settings import Endpoint, Relay, Settings, Submission
from mssmail.smtp.connection import Edge
from mssmail.smtp.handler import ClientHandler, Login, PeerHandler
from mssmail.smtp.limits import ConnectionLimits, InflightLimit
from mssmail.smtp.server import Conversation
from mssmail.smtp.session import Handler
from mssmail.smtp.tls import ContextSource, OnFailure, ServerHandshake
from mssmail.trust.usage import Purpose

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

    def __init__(
        self, edge: Edge, contexts: ContextSource, doors: tuple[Door, ...], grace_seconds: float = _GRACE_SECONDS
    ) -> None:
        self._edge, self._contexts, self._doors = edge, contexts, doors
        self._grace_seconds = grace_seconds
        self._servers: list[asyncio.Server] = []

    @property
    def addresses(self) -> tuple[Endpoint, ...]:
        """Where it listens, in the order of its doors; port 0 has become a real one."""
        names = (server.sockets[0].getsockname() for server in self._servers)
        return tuple(Endpoint(name[0], name[1]) for name in names)

    async def start(self) -> None:
        """Listen; raises ListenFault when an address cannot be had, and then listens nowhere."""
        try:
            for door in self._doors:
                self._servers.append(await self._open(door))
        except OSError as error:
            await self.stop()
            raise ListenFault(f"cannot listen on {door.endpoint}: {error.strerror or error}") from error
        for door, address in zip(self._doors, self.addresses, strict=True):
            _log.info("SMTP%s at %s", " over TLS" if door.is_implicit else "", address)

    async def stop(self) -> None:
        """Take no more, let commands under way end, and wait for every message that is being answered.

        Who is still sending one when the grace is over is cut off: that message was not answered for.
        """
        for server in self._servers:
            server.close()
        for connection in tuple(self._edge.open):
            connection.shut_down()
        deadline = asyncio.get_running_loop().time() + self._grace_seconds
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


def build_relay_listener(settings: Settings, intake: Intake, receiver: Receiver) -> Listener | None:
    """The listener for other operators, STARTTLS with a client certificate; None when none is configured."""
    relay = settings.relay
    if relay.listen is None:
        return None
    contexts = ContextSource(relay.certificate, relay.key, lambda: intake.trust.store.snapshot)
    edge = _build_edge(settings, intake, PeerHandler(settings, intake, receiver), contexts, relay)
    return Listener(edge, contexts, (Door(relay.listen),))


def build_submission_listener(
    settings: Settings, intake: Intake, submitter: Submitter, login: Login
) -> Listener | None:
    """The listener for our clients, STARTTLS and implicit TLS; None when neither is configured."""
    submission = settings.submission
    doors = tuple(
        Door(endpoint, is_implicit)
        for endpoint, is_implicit in ((submission.listen, False), (submission.listen_tls, True))
        if endpoint is not None
    )
    if not doors:
        return None
    contexts = ContextSource(submission.certificate, submission.key)
    handler = ClientHandler(settings, intake, submitter, login)
    edge = _build_edge(settings, intake, handler, contexts, submission)
    edge = replace(edge, offers_login=True, max_failed_logins=settings.login.max_failures)
    return Listener(edge, contexts, doors)


def _build_edge(
    settings: Settings, intake: Intake, handler: Handler, contexts: ContextSource, limits: Relay | Submission
) -> Edge:
    return Edge(
        server_name=settings.server.name,
        postmaster_domain=settings.domain[0].name if settings.domain else settings.server.name,
        handler=handler,
        connections=ConnectionLimits(limits.max_connections, limits.max_connections_per_address),
        inflight=InflightLimit(limits.max_inflight_bytes),
        on_failure=_build_failure_note(intake),
        contexts=contexts,
        max_message_bytes=limits.max_message_bytes,
        max_recipients=limits.max_recipients,
        max_messages=limits.max_messages_per_connection,
        command_seconds=limits.command_timeout_seconds,
        data_seconds=limits.data_timeout_seconds,
    )


def _build_failure_note(intake: Intake) -> OnFailure:
    handshakes = Handshakes(intake.store, intake.trust, intake.clock)

    def note(address: str, port: int, cause: str, is_tls: bool, offered: tuple[bytes, ...]) -> None:
        if not is_tls:  # a port scan, a health check: nothing for the journal
            _log.info("connection from %s:%d ended in its TLS handshake", address, port)
            return
        handshakes.note(FailedHandshake(address, port, cause, Purpose.TLS_CLIENT, offered))

    return note
