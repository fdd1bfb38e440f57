"""The verbs of our SMTP (RFC 5321): what each checks by itself, and what it asks the handler.

Read ``connection`` for what lies below, ``handler`` for the answers.
"""

import asyncio
import contextlib
from collections.abc import Collection
from time import perf_counter
from typing import Any, Final

from mssmail.core.decision import Refuse
from mssmail.core.reply import Reply
from mssmail.policy.login import judge_login
from mssmail.smtp.chunks import ChunkReader, parse_chunk
from mssmail.smtp.connection import Connection, SilentPeer
from mssmail.smtp.login import read_credentials
from mssmail.smtp.parameters import parse_mail, parse_recipient
from mssmail.smtp.reader import DataReader
from mssmail.smtp.replies import RefusedArgument, build_ok
from mssmail.smtp.session import Session, Transaction
from mssmail.smtp.tls import ServerHandshake

_MAIL_PARAMETERS: Final = frozenset({"SIZE", "BODY", "RET", "ENVID", "SMTPUTF8"})
_RECIPIENT_PARAMETERS: Final = frozenset({"NOTIFY", "ORCPT"})
_GO_ON: Final = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
_HELP: Final = "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT STARTTLS AUTH; RFC 5321"


class Conversation(Connection):
    """A connection that knows its verbs. aiosmtpd finds them by name: ``smtp_`` and the verb."""

    async def smtp_EHLO(self, hostname: str) -> None:
        """RFC 5321 §4.1.1.1; what is announced here is what is done."""
        self._begin_session(hostname, extended=True)
        edge, has_tls = self._edge, self.session.tls is not None
        limits = f"LIMITS MAILMAX={edge.max_messages} RCPTMAX={edge.max_recipients}"
        lines = [edge.server_name, "PIPELINING", f"SIZE {edge.max_message_bytes}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        lines += ["DSN", "CHUNKING", "SMTPUTF8", limits]
        if has_tls:
            lines.append("REQUIRETLS")  # RFC 8689 §2: never outside TLS
        if edge.contexts is not None and not has_tls:
            lines.append("STARTTLS")
        if edge.offers_login and has_tls:
            lines.append("AUTH PLAIN LOGIN")
        lines.append("HELP")
        marks = ["-"] * (len(lines) - 1) + [" "]
        self._replies += [f"250{mark}{line}\r\n".encode("ascii") for mark, line in zip(marks, lines, strict=True)]

    async def smtp_HELO(self, hostname: str) -> None:
        """RFC 5321 §4.1.1.1, without extensions."""
        self._begin_session(hostname, extended=False)
        self._write(Reply(250, "", self._edge.server_name))

    def _begin_session(self, hostname: str, *, extended: bool) -> None:
        if not hostname or len(hostname) > 255 or " " in hostname:
            raise RefusedArgument(Reply(501, "5.5.4", "Syntax: EHLO host.name"))
        self._set_rset_state()
        self.session.host_name, self.session.extended_smtp = hostname, extended

    async def smtp_MAIL(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.2."""
        self._require(self.session.host_name is not None, "Send EHLO first")
        self._require(self.envelope.mail is None, "There is a transaction already")
        mail = parse_mail(arg or "", self._find_mail_parameters())
        size = mail.size or 0
        if size <= self._edge.max_message_bytes and not self._edge.inflight.has_room(size):
            self._write(Reply(452, "4.3.1", "No room for this message now; try again later"))
            return
        self._set_rset_state()
        if self.session.messages >= self._edge.max_messages:
            self._write(Reply(421, "4.3.2", "Enough messages for one connection; open another"))
            self._is_over = True
            return
        reply = await self._edge.handler.handle_MAIL(self.session, self.envelope, mail)
        if reply.code == 250:
            self.envelope.mail = mail
            self.session.messages += 1
        self._give_answer(reply)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.3."""
        self._require(self.envelope.mail is not None, "Need MAIL first")
        self._require(self.envelope.chunks is None, "BDAT has begun")
        offered = _RECIPIENT_PARAMETERS if self._is_extended() else ()
        is_utf8 = self.envelope.mail is not None and self.envelope.mail.parameters.is_utf8
        command = parse_recipient(arg or "", self._edge.postmaster_domain, offered, is_utf8=is_utf8)
        reply = await self._edge.handler.handle_RCPT(self.session, self.envelope, command.recipient)
        if reply.code == 250:
            self.envelope.add_recipient(command.recipient, command.parameters)
        self._give_answer(reply)

    async def smtp_DATA(self, arg: str) -> None:
        """RFC 5321 §4.1.1.4."""
        self._require(self.envelope.mail is not None, "Need MAIL first")
        self._require(bool(self.envelope.recipients), "Need RCPT first")
        self._require(self.envelope.chunks is None, "BDAT has begun")  # RFC 3030 §2
        self._forbid_argument(arg)
        self._write(_GO_ON)
        await self._flush()
        data = DataReader(self._edge.max_message_bytes, self._edge.inflight)
        started = perf_counter()
        try:
            async with asyncio.timeout(self._edge.data_seconds):
                await self._stream.read_message(data, self._edge.command_seconds)
        except TimeoutError:
            data.give_back()
            raise SilentPeer from None
        except BaseException:
            data.give_back()
            raise
        self.envelope.receive_seconds = perf_counter() - started
        await self._finish(data)

    async def smtp_BDAT(self, arg: str) -> None:
        """RFC 3030 §2. A chunk is read whatever the answer: where it ends, the next command begins."""
        chunk = parse_chunk(arg)
        self._stream.is_chunk = False  # its end is known: from here on an error is an error like any other
        transaction = self.envelope
        refusal = self._find_chunk_refusal(transaction)
        if transaction.chunks is None and refusal is None:
            transaction.chunks = ChunkReader(self._edge.max_message_bytes, self._edge.inflight)
            transaction.deadline = self.loop.time() + self._edge.data_seconds
        if not self._stream.has_octets(chunk.size):
            await self._flush()
        data = transaction.chunks
        deadline = transaction.deadline or self.loop.time() + self._edge.data_seconds
        started = perf_counter()
        try:
            async with asyncio.timeout_at(deadline):
                take = _forget if data is None or refusal is not None else data.feed
                await self._stream.read_chunk(chunk.size, take, self._edge.command_seconds)
        except TimeoutError:
            raise SilentPeer from None
        transaction.receive_seconds += perf_counter() - started
        if data is None or refusal is not None:
            self._refuse_command(refusal)
        elif chunk.is_last or data.is_refused:
            transaction.chunks = None  # from here on the answer's, and given back with it
            await self._finish(data)
        else:
            self._write(build_ok(f"{chunk.size} octets received"))

    def _find_chunk_refusal(self, transaction: Transaction) -> Reply | None:
        if not self._is_extended():
            return Reply(503, "5.5.1", "Send EHLO first")
        if transaction.mail is None:
            return Reply(503, "5.5.1", "Need MAIL first")
        return None if transaction.recipients else Reply(503, "5.5.1", "Need RCPT first")

    async def _finish(self, data: DataReader | ChunkReader) -> None:
        """Answer the message; from its last octet on, whether anybody waits or not."""
        task = asyncio.create_task(self._answer_message(self.session, self.envelope, data))
        self._edge.commits.add(task)
        task.add_done_callback(self._edge.commits.discard)
        self._set_rset_state()
        self._write(await asyncio.shield(task))

    async def _answer_message(
        self, session: Session, transaction: Transaction, data: DataReader | ChunkReader
    ) -> Reply:
        handler = self._edge.handler
        try:
            return await handler.handle_DATA(session, transaction, data.take_message())
        except Exception as error:
            reply = self._answer_fault(error, transaction.id)
            await handler.note_refusal(session, transaction, reply, type(error).__name__)
            return reply.with_id(transaction.id)
        finally:
            data.give_back()

    async def smtp_RSET(self, arg: str) -> None:
        """RFC 5321 §4.1.1.5."""
        self._forbid_argument(arg)
        self._set_rset_state()
        self._write(build_ok())

    async def smtp_NOOP(self, arg: str) -> None:
        """RFC 5321 §4.1.1.9."""
        self._write(build_ok())

    async def smtp_VRFY(self, arg: str) -> None:
        """RFC 5321 §3.5.3: who has an account is nobody's business."""
        self._write(Reply(252, "2.0.0", "Cannot verify; send mail and see"))

    async def smtp_EXPN(self, arg: str) -> None:
        """RFC 5321 §3.5.3."""
        self._refuse_command(Reply(502, "5.5.1", "Command not implemented"))

    async def smtp_HELP(self, arg: str) -> None:
        """RFC 5321 §4.1.1.8."""
        self._write(Reply(214, "2.0.0", _HELP))

    async def smtp_QUIT(self, arg: str) -> None:
        """RFC 5321 §4.1.1.10."""
        self._forbid_argument(arg)
        self._write(Reply(221, "2.0.0", "Bye"))
        self._is_over = True

    async def smtp_STARTTLS(self, arg: str) -> None:
        """RFC 3207 §4. What was sent ahead in the clear is forgotten; a failed handshake ends the connection."""
        if self._edge.contexts is None or self.session.tls is not None:
            raise RefusedArgument(Reply(503, "5.5.1", "TLS is on already"))
        self._forbid_argument(arg)
        self._write(Reply(220, "2.0.0", "Ready to start TLS"))
        self._send_replies()
        waiter: asyncio.Future[None] = self.loop.create_future()
        handshake = ServerHandshake(self, self._edge.contexts.find_context(), self._edge.on_failure, waiter)
        plain: Any = self.transport
        if plain is None:
            raise EOFError
        self._tls_protocol, self._original_transport = handshake, plain
        # aiosmtpd's connection_made empties the StreamReader when the handshake is done; this is our share.
        self._stream.clear()
        plain.set_protocol(handshake)
        plain.resume_reading()  # the StreamReader may have paused it under plaintext sent ahead
        handshake.connection_made(plain)
        with contextlib.suppress(OSError):  # reported by the handshake; a mere hang-up raises nothing at all
            await waiter
        if self.session.tls is None:
            self.transport = None  # the handshake's now, which lets its alert be read before closing
            raise EOFError

    async def smtp_AUTH(self, arg: str) -> None:
        """RFC 4954 §4."""
        if not self._edge.offers_login:
            raise RefusedArgument(Reply(502, "5.5.1", "Command not implemented"))
        session = self.session
        self._require(self._is_extended(), "Send EHLO first")
        self._require(session.account is None, "You are signed in already")
        self._require(self.envelope.mail is None, "Not during a transaction")
        mechanism, _, initial = arg.partition(" ")
        decision = judge_login(
            mechanism,
            has_tls=session.tls is not None,
            failures=session.failed_logins,
            max_failures=self._edge.max_failed_logins,
        )
        if isinstance(decision, Refuse):
            self._refuse_command(decision.reply)
            self._is_over = self._is_over or decision.reply.code == 421
            return
        credentials = await read_credentials(mechanism.upper(), initial or None, self._ask)
        self._write(await self._edge.handler.handle_AUTH(session, mechanism.upper(), credentials))

    async def _ask(self, challenge: str) -> bytes:
        self._replies.append(f"334 {challenge}\r\n".encode("ascii"))
        return await self._read_line()

    def _find_mail_parameters(self) -> Collection[str]:
        """Those that EHLO announced; none after HELO."""
        if not self._is_extended():
            return ()
        more = {"AUTH"} if self._edge.offers_login else set()
        return _MAIL_PARAMETERS | more | ({"REQUIRETLS"} if self.session.tls is not None else set())

    def _is_extended(self) -> bool:
        return self.session.host_name is not None and self.session.extended_smtp

    def _require(self, holds: bool, text: str) -> None:
        if not holds:
            raise RefusedArgument(Reply(503, "5.5.1", text))

    def _forbid_argument(self, arg: str) -> None:
        if arg:
            raise RefusedArgument(Reply(501, "5.5.4", "This command takes no argument"))


def _forget(_octets: bytes) -> None:
    """What is refused is read and not kept."""
