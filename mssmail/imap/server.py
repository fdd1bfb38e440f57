"""The listener: connections, TLS, time-outs, IDLE's waiting, and an orderly end.

The only place here with sockets and clocks. What is said is ``dispatch``'s; how octets flow, ``channel``'s.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from mssmail.core.account import Account
from mssmail.core.envelope import Peer
from mssmail.core.trace import build_id
from mssmail.imap.backend import Bell, Herald, MailStore
from mssmail.imap.channel import Channel, Interrupted
from mssmail.imap.dispatch import greet, receive
from mssmail.imap.news import dismiss, push
from mssmail.imap.replies import Answer, bye, ok
from mssmail.imap.session import Session, Severed, Terms
from mssmail.imap.wire.frames import NeedContinuation
from mssmail.imap.wire.framing import Framer
from mssmail.imap.wire.responses import encode_response
from mssmail.settings import Endpoint, Hide, Imap, Login

TlsSource = Callable[[], ssl.SSLContext]  # asked at every handshake, so that a renewed certificate needs no restart

_BEFORE_LOGIN_SECONDS = 120  # RFC 9051 §5.4 asks for 30 minutes only of those who have signed in
_UNTIL_LOGIN_SECONDS = 600  # in all, whatever is said meanwhile: a word now and then would keep a stranger's place
_COMMAND_SHARE = 2  # of the idle time-out: so long a command may take to come, though octets trickle in
_KEEP_ALIVE_SECONDS = 120  # IDLE: a word now and then, before some box on the way forgets the connection
_WRITE_TIMEOUT_SECONDS = 300
_GRACE_SECONDS = 5
_PROGRESS_SECONDS = 10  # RFC 9585 §4: every 10 to 15; a client gives up after 30 at the earliest
_REST_SHARE, _SHORTEST_REST_SECONDS, _LONGEST_REST_SECONDS = 4, 0.05, 5  # news that cost much are told less often
_SMALL_COMMAND = 1_048_576  # octets that no connection is refused

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Inflight:
    """Octets of all connections that belong to commands not yet done."""

    limit: int
    octets: int = 0


@dataclass(frozen=True, slots=True)
class _Door:
    """One port."""

    endpoint: Endpoint
    is_tls: bool


class ImapListener:
    """IMAP on one or two ports: STARTTLS and implicit TLS (RFC 8314 §3.2)."""

    def __init__(
        self, settings: Imap, login: Login, store: MailStore, tls: TlsSource, hide: tuple[Hide, ...] = ()
    ) -> None:
        self._settings, self._login, self._store, self._tls = settings, login, store, tls
        self._hide = hide
        self._inflight = _Inflight(settings.max_inflight_bytes)
        self._servers: list[asyncio.Server] = []
        self._conversations: dict[asyncio.Task[None], _Conversation] = {}
        self.endpoint: Endpoint | None = None  # where we listen, with the port the system chose for 0
        self.endpoint_tls: Endpoint | None = None

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._conversations)

    async def start(self) -> None:
        """Listen; raises OSError when a port is taken."""
        if self._settings.listen is not None:
            self.endpoint = await self._open(_Door(self._settings.listen, is_tls=False))
        if self._settings.listen_tls is not None:
            self.endpoint_tls = await self._open(_Door(self._settings.listen_tls, is_tls=True))

    async def stop(self) -> None:
        """Take no more connections, say BYE on those there are, wait a little, then hang up."""
        for server in self._servers:
            server.close()
        for conversation in self._conversations.values():
            conversation.channel.interrupt()
        tasks = set(self._conversations)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._servers.clear()

    async def _open(self, door: _Door) -> Endpoint:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Channel(lambda channel: self._accept(channel, door), _WRITE_TIMEOUT_SECONDS),
            door.endpoint.host,
            door.endpoint.port,
            reuse_address=True,
            backlog=512,
        )
        self._servers.append(server)
        return Endpoint(door.endpoint.host, server.sockets[0].getsockname()[1])

    def _accept(self, channel: Channel, door: _Door) -> None:
        if not self._has_room(channel.address[0]):
            _log.warning("too many connections", extra={"client": channel.address[0]})
            if not door.is_tls:
                channel.transport.write(encode_response(bye("Too many connections", "UNAVAILABLE")))
            channel.close()
            return
        session = self._build_session(channel, door)
        conversation = _Conversation(channel, session, self._settings, self._tls, self._inflight)
        task = asyncio.get_running_loop().create_task(conversation.run(is_tls=door.is_tls))
        self._conversations[task] = conversation
        task.add_done_callback(self._conversations.pop)

    def _has_room(self, address: str) -> bool:
        others = sum(conversation.channel.address[0] == address for conversation in self._conversations.values())
        here = len(self._conversations)
        return here < self._settings.max_connections and others < self._settings.max_connections_per_address

    def _admits(self, account: Account) -> bool:
        held = sum(conversation.is_of(account) for conversation in self._conversations.values())
        return held < self._settings.max_connections_per_account

    def _build_session(self, channel: Channel, door: _Door) -> Session:
        terms = Terms(
            offers_tls=not door.is_tls,
            max_literal_bytes=self._settings.max_literal_bytes,
            max_failures=self._login.max_failures,
            failure_delay_seconds=self._login.failure_delay_seconds,
            admits=self._admits,
            hide=self._hide,
            zone=self._settings.time_zone,
            admin_uri=self._settings.admin_uri,
            comment=self._settings.comment,
        )
        return Session(self._store, Framer(), channel, Peer(*channel.address), terms, build_id())


class _Conversation:
    """One connection, from greeting to end."""

    def __init__(self, channel: Channel, session: Session, settings: Imap, tls: TlsSource, inflight: _Inflight) -> None:
        self.channel = channel
        self._session, self._settings, self._tls, self._inflight = session, settings, tls, inflight
        self._held = 0  # octets of ours in ``inflight``
        self._began = self._held_since = asyncio.get_running_loop().time()

    def is_of(self, account: Account) -> bool:
        """This account has signed in here."""
        return self._session.account is not None and self._session.account.id == account.id

    async def run(self, *, is_tls: bool) -> None:
        """Talk until one side has had enough. Nothing escapes from here but cancellation."""
        session = self._session
        session.note("connected", level=logging.DEBUG)
        try:
            if is_tls:
                await self._begin_tls()
            await greet(session)
            await self._talk()
            self.channel.close()
        except Interrupted:
            await self._part(bye("The server is going down; come back soon"))
        except TimeoutError:
            await self._part(bye("Silent for too long"))
        except (ConnectionError, ssl.SSLError) as fault:
            session.note("connection lost", reason=str(fault))
            self.channel.abort()
        except Severed as fault:
            session.note("connection cut", level=logging.ERROR, reason=str(fault))
            self.channel.abort()
        except Exception as fault:
            session.note("conversation failed", level=logging.ERROR, fault=fault)
            self.channel.abort()
        finally:
            self._release()
            session.close()
            session.note("disconnected", received=self.channel.received, sent=self.channel.sent)
            self.channel.close()

    async def _part(self, farewell: Answer) -> None:
        with contextlib.suppress(ConnectionError):
            await dismiss(self._session, farewell)

    async def _begin_tls(self) -> None:
        """TLS, with whatever certificate is the current one."""
        self._session.begin_tls(await self.channel.begin_tls(self._tls()))

    async def _talk(self) -> None:
        session = self._session
        while not session.has_ended:
            event = session.framer.next_event()
            if event is not None:
                ticker = _Ticker(session)
                try:
                    await receive(session, event)
                finally:
                    await ticker.stop()
                if not isinstance(event, NeedContinuation):  # then it is not done: more of it comes
                    self._release()
                await asyncio.sleep(0)  # a client that sends a thousand commands at once is not the only one
                if session.wants_tls:
                    dropped = session.framer.clear()
                    session.note("TLS begins", level=logging.DEBUG, dropped=dropped)
                    await self._begin_tls()
                continue
            if (bell := session.find_bell()) is not None:
                await self._watch(bell)
                if session.has_ended:
                    return
            patience = self._find_patience()
            if patience <= 0:  # though there be more to read
                raise TimeoutError
            data = await self.channel.read(patience)
            if not data:
                return
            session.framer.feed(data)
            if not self._hold(len(data)):
                session.note("too much in flight", level=logging.WARNING, held=self._held)
                await dismiss(session, bye("Too much is being sent at this moment", "UNAVAILABLE"))

    def _hold(self, octets: int) -> bool:
        """Count what came; False when this connection holds much and all of them together too much."""
        if not self._held:
            self._held_since = asyncio.get_running_loop().time()
        self._held += octets
        self._inflight.octets += octets
        return self._held <= _SMALL_COMMAND or self._inflight.octets <= self._inflight.limit

    def _release(self) -> None:
        self._inflight.octets -= self._held
        self._held = 0

    def _find_patience(self) -> float:
        """How long the next octets may take: those of a client that says nothing, or says it ever so slowly."""
        now, longest = asyncio.get_running_loop().time(), self._settings.idle_timeout_seconds
        patience: list[float] = [longest]
        if self._held:
            patience.append(self._held_since + _COMMAND_SHARE * longest - now)
        if self._session.account is None:
            patience += [_BEFORE_LOGIN_SECONDS, self._began + _UNTIL_LOGIN_SECONDS - now]
        return min(patience)

    async def _watch(self, bell: Bell | Herald) -> None:
        """While we wait for the client's next line: tell the news whenever the bell rings."""
        if self._session.owes_expunge:
            await push(self._session)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.idle_timeout_seconds
        reading = loop.create_task(self.channel.wait_readable())
        ringing = loop.create_task(bell.wait())
        try:
            while not self._session.has_ended:
                patience = max(0, min(_KEEP_ALIVE_SECONDS, deadline - loop.time()))
                done, _ = await asyncio.wait({reading, ringing}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                is_idle = self._session.waiting is not None  # else a command comes, and its end tells all
                if ringing in done and (is_idle or reading not in done):  # half of DONE must not cost what rang
                    began = loop.time()
                    await push(self._session)
                    if self._session.find_bell() is not bell:  # it was too much to tell
                        return
                    ringing = loop.create_task(_wait_rested(bell, _REST_SHARE * (loop.time() - began)))
                elif not done and loop.time() >= deadline:
                    raise TimeoutError
                elif not done and is_idle:
                    await self._session.tell(ok("Still here"))
                if reading in done:
                    return
        finally:
            reading.cancel()
            ringing.cancel()
            await asyncio.gather(reading, ringing, return_exceptions=True)


class _Ticker:
    """Tells now and then how far a long command has come, so that the client waits on (RFC 9585 §4)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._timer = self._arm()

    async def stop(self) -> None:
        """The command has been answered."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _arm(self) -> asyncio.TimerHandle:
        return self._loop.call_later(_PROGRESS_SECONDS, self._tick)

    def _tick(self) -> None:
        self._task = self._loop.create_task(self._tell())

    async def _tell(self) -> None:
        with contextlib.suppress(ConnectionError):  # the command itself will meet it
            await self._session.tell_progress()
        self._timer = self._arm()


async def _wait_rested(bell: Bell | Herald, seconds: float) -> bool:
    """Rest so long, as far as it is worth it, then wait for the bell: many rings are then told as one."""
    if seconds > _SHORTEST_REST_SECONDS:
        await asyncio.sleep(min(seconds, _LONGEST_REST_SECONDS))
    return await bell.wait()
