"""One SMTP connection below its verbs: aiosmtpd's protocol with its quirks fenced in.

aiosmtpd brings the plumbing (transport, reader, the switch to TLS, verbs found by name). Replaced here: its loop (one
timer for everything, bare LF taken, exception texts on the wire, work cancelled when the other side hangs up) and its
writing (one packet a reply). It is pinned below 1.5 for its private parts.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiosmtpd.smtp import SMTP

from mssmail.core.reply import Reply
from mssmail.errors import BadSyntax, Fault, FrameTooBig
from mssmail.smtp.limits import ConnectionLimits, InflightLimit
from mssmail.smtp.replies import RefusedArgument, build_incident_reply, find_reply
from mssmail.smtp.session import Handler, Session, Transaction
from mssmail.smtp.stream import LineStream, parse_command
from mssmail.smtp.tls import ContextSource, OnFailure, read_peer_chain, read_tls_facts

logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes addresses at INFO, message lines at DEBUG
_log = logging.getLogger(__name__)

MAX_ERRORS: Final = 20
"""Commands answered 5xx for their form before we hang up."""

MAX_REFUSALS: Final = 500
"""Senders and recipients refused before we hang up: more is guessing."""

_VERBS_BEFORE_TLS: Final = frozenset({"NOOP", "EHLO", "STARTTLS", "QUIT"})  # RFC 3207 §4
# RFC 5321 §4.5.3.1.4: 512 octets; more where an extension says so: SIZE (RFC 1870 §3), BODY (RFC 6152 §2), AUTH
# (RFC 4954 §3 and §4); RET and ENVID, NOTIFY and ORCPT at their longest (RFC 3461 §4); SMTPUTF8, REQUIRETLS.
_LINE_BYTES: Final = {"MAIL": 512 + 26 + 17 + 500 + 117 + 20, "RCPT": 512 + 29 + 507, "AUTH": 12_288}
_CLOSE_SECONDS: Final = 30
_COMMANDS_AT_A_TIME: Final = 50


class SilentPeer(Exception):
    """Nothing came for too long."""


@dataclass(frozen=True)
class Edge:
    """What the connections of one listener share. ``contexts`` is for STARTTLS, so None under implicit TLS."""

    server_name: str
    postmaster_domain: str
    handler: Handler
    connections: ConnectionLimits
    inflight: InflightLimit
    on_failure: OnFailure
    contexts: ContextSource | None
    max_message_bytes: int
    max_recipients: int
    max_messages: int
    command_seconds: float
    data_seconds: float
    offers_login: bool = False
    max_failed_logins: int = 5
    open: set["Connection"] = field(default_factory=set)
    commits: set["asyncio.Task[Reply]"] = field(default_factory=set)  # DATA being answered; outlives its connection


class Connection(SMTP):
    """One connection to one ``Edge``."""

    line_length_limit = 65_536  # of the StreamReader's buffer; lines are measured by ``stream`` and ``reader``
    session: Session
    envelope: Transaction

    def __init__(self, edge: Edge) -> None:
        self.command_size_limits = {}  # aiosmtpd shares one for all connections, cleared by each new one
        super().__init__(edge.handler, hostname=edge.server_name, loop=asyncio.get_running_loop())
        self._edge = edge
        self._replies: list[bytes] = []
        self._errors = self._refusals = 0
        self._is_over = self._is_idle = self._is_admitted = self._is_counted = False
        self._close_timer: asyncio.TimerHandle | None = None

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection, or the same one after STARTTLS."""
        super().connection_made(transport)
        session = self.session
        session.address, session.port = (transport.get_extra_info("peername") or ("", 0))[:2]
        ssl_object = transport.get_extra_info("ssl_object")
        if ssl_object is not None:
            session.tls, session.chain = read_tls_facts(ssl_object), read_peer_chain(ssl_object)
        if self not in self._edge.open:
            self._edge.open.add(self)
            # Under implicit TLS the connection was counted when it came, before its handshake.
            self._is_counted = self._edge.contexts is not None
            self._is_admitted = not self._is_counted or self._edge.connections.try_enter(session.address)

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever hung up cancels nothing: what was received is served, what was begun is finished."""
        if self._original_transport is not None:
            self._original_transport.close()
        if self._close_timer is not None:
            self._close_timer.cancel()
        asyncio.StreamReaderProtocol.connection_lost(self, None)
        self.transport = None

    def eof_received(self) -> bool:
        """A half-close: no more commands will come, but replies may still be read (not so under TLS)."""
        self._reader.feed_eof()
        return self.session.tls is None

    def _reset_timeout(self, duration: float | None = None) -> None:
        """The one timer of aiosmtpd is not started; reads have time limits of their own."""

    def _create_session(self) -> Session:
        return Session(self.loop)

    def _create_envelope(self) -> Transaction:
        return Transaction()

    def _set_rset_state(self) -> None:
        """Forget the transaction; the next one has an id of its own."""
        if self.envelope is not None and self.envelope.chunks is not None:
            self.envelope.chunks.give_back()
        self.envelope = self._create_envelope()

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """Ends with the connection."""
        return self._handler_coroutine

    def shut_down(self) -> None:
        """End after the command under way; now, when there is none."""
        self._is_over = True
        if self._is_idle and self._handler_coroutine is not None:
            self._write(Reply(421, "4.3.2", "The server is shutting down"))
            self._handler_coroutine.cancel()

    # The loop.

    async def _handle_client(self) -> None:
        self._stream = LineStream(self._reader)
        session = self.session
        try:
            await self._serve()
        except SilentPeer:
            self._write(Reply(421, "4.4.2", "Nothing was heard for too long"))
        except (EOFError, ConnectionError):
            _log.debug("%s: connection closed", session.id)
        except Exception:
            _log.exception("%s: connection from %s broke", session.id, session.address)
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        self._set_rset_state()
        self._edge.open.discard(self)
        if self._is_counted and self._is_admitted:
            self._edge.connections.leave(self.session.address)
        if self.transport is not None:
            self._send_replies()
            self.transport.close()  # after what is still to be written; a peer that does not read is cut off
            self._close_timer = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)  # type: ignore[attr-defined]

    async def _serve(self) -> None:
        if not self._is_admitted:
            _log.warning("%s: too many connections, %s turned away", self.session.id, self.session.address)
            self._write(Reply(421, "4.7.0", "Too many connections; try again later"))
            return
        self._write(Reply(220, "", f"{self._edge.server_name} ESMTP mssmail"))
        for count in itertools.count(1):
            if self._is_over:
                break
            if count % _COMMANDS_AT_A_TIME == 0:
                await asyncio.sleep(0)  # what is pipelined needs no waiting, but others have their turn
            try:
                line = await self._read_line()
            except FrameTooBig as fault:
                self._refuse_command(find_reply(fault))
            except BadSyntax:
                self._refuse_command(Reply(500, "5.5.2", "A command is printable ASCII and ends in CRLF"))
            else:
                await self._obey(line)

    async def _read_line(self) -> bytes:
        if self._stream.has_line():
            return await self._stream.read_line()  # pipelined: nothing to wait for
        await self._flush()
        self._is_idle = True
        try:
            async with asyncio.timeout(self._edge.command_seconds):
                return await self._stream.read_line()
        except TimeoutError:
            raise SilentPeer from None
        finally:
            self._is_idle = False

    async def _obey(self, line: bytes) -> None:
        verb, argument = parse_command(line)
        method: Callable[[str], Any] | None = self._smtp_methods.get(verb)
        if len(line) + 2 > _LINE_BYTES.get(verb, 512):
            self._refuse_command(Reply(500, "5.5.6", "Line too long"))
        elif method is None:
            self._refuse_command(Reply(500, "5.5.1", "Command not recognized"))
        elif self._needs_tls(verb):
            self._refuse_command(Reply(530, "5.7.0", "Must issue a STARTTLS command first"))
        else:
            try:
                await method(argument)
            except RefusedArgument as refusal:
                self._refuse_command(refusal.reply)
            except BadSyntax:
                self._refuse_command(Reply(501, "5.5.2", "Not an answer"))
            except (SilentPeer, EOFError, ConnectionError):
                raise
            except Exception as error:
                self._write(self._answer_fault(error, self.envelope.id))

    def _needs_tls(self, verb: str) -> bool:
        if self.session.tls is not None or verb in _VERBS_BEFORE_TLS:
            return False
        return not (verb == "AUTH" and self._edge.offers_login)  # has a better answer of its own

    def _answer_fault(self, error: Exception, incident: str) -> Reply:
        """The reply for a fault; the log gets all of it."""
        reply = find_reply(error)
        if reply is None:
            _log.error("%s: unforeseen fault in SMTP", incident, exc_info=error)
            return build_incident_reply(incident)
        facts = error.facts if isinstance(error, Fault) else {}
        _log.info("%s: %s %s: %s %s", incident, reply.code, reply.status, error, facts)
        return reply

    def _refuse_command(self, reply: Reply | None) -> None:
        """Answer a command that is wrong in form or order; whoever only sends such is sent away."""
        self._errors += 1
        self._write(reply or build_incident_reply(self.session.id))
        if self._stream.is_chunk:  # and nobody can say where it ends: reading on would take its octets for commands
            self._write(Reply(421, "4.7.0", "A chunk cannot be found the end of"))
            self._is_over = True
            return
        if self._errors >= MAX_ERRORS:
            self._write(Reply(421, "4.7.0", "Too many errors"))
            self._is_over = True

    def _give_answer(self, reply: Reply) -> None:
        """Pass on what the handler said; a stranger who comes without TLS, certificate or sign-in has few tries."""
        if reply.code == 530:
            self._refuse_command(reply)
            return
        self._write(reply)
        self._refusals += reply.code >= 500
        if self._refusals >= MAX_REFUSALS:
            self._write(Reply(421, "4.7.0", "Too many refusals"))
            self._is_over = True

    # Writing: replies are gathered while commands wait to be read (RFC 2920 §3.2).

    def _write(self, reply: Reply) -> None:
        self._replies.append(f"{reply}\r\n".encode("ascii"))

    def _send_replies(self) -> None:
        if self.transport is not None and self._replies:
            self._writer.write(b"".join(self._replies))
        self._replies.clear()

    async def _flush(self) -> None:
        self._send_replies()
        # Nearly always all of it is gone already, and a time limit costs more than asking, as ``drain`` does.
        if self.transport is not None and self._paused:  # type: ignore[attr-defined]
            try:
                async with asyncio.timeout(self._edge.command_seconds):
                    await self._writer.drain()
            except TimeoutError:
                raise SilentPeer from None
