"""Our SMTP client without a socket: bytes in, events out (RFC 5321 §3, RFC 3207, RFC 2920, RFC 3030).

::

    GREETING → EHLO → STARTTLS → HANDSHAKE → EHLO_TLS → READY ⇄ MAIL → RCPT → DATA → END
                                                          ↑               ↓ ↓   ↓     ↓
                                                          │               │ └── BDAT ─┤
                                                          └──── RESET ←───┴───────────┘     READY → QUIT → CLOSED

READY lies behind HANDSHAKE: there is no way to send mail without TLS. What the client does with a reply stands in one
table at the end of this file; a reply that is not in it breaks the session.

A transaction takes two round trips: MAIL, all RCPTs and DATA in one group, then the message; or, with CHUNKING, MAIL
and all RCPTs, then BDAT with the message. A chunk is never sent ahead of the answers to RCPT: a peer that refused them
and then took its octets for commands would be smuggled whatever our client was given to send.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from mssmail.core.reply import Reply
from mssmail.delivery.events import Broken, Capabilities, Closed, Done, Event, Ready, TlsWanted, Transaction
from mssmail.delivery.payload import cut_data, encode_mail, encode_recipient, judge_transaction, stuff_dots
from mssmail.delivery.replies import PeerReply, ReplyReader
from mssmail.errors import BadSyntax, FrameTooBig, WrongState


class State(Enum):
    """What the next reply answers."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    HANDSHAKE = "TLS handshake"
    EHLO_TLS = "EHLO under TLS"
    READY = "nothing"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "end of data"
    BDAT = "BDAT"
    NOTHING = "end of no data"  # DATA was granted for nobody (RFC 2920 §3.1)
    RESET = "RSET"
    QUIT = "QUIT"
    CLOSED = "nothing any more"


class Dialogue:
    """One session. Every method that tells it something returns the events that follow from it."""

    def __init__(self, ehlo_name: str) -> None:
        self.state = State.GREETING
        self.replies_seen = 0  # by which a driver tells a slow peer from a silent one
        self._ehlo = f"EHLO {ehlo_name}"
        self._reader = ReplyReader()
        self._output: deque[bytes | memoryview] = deque()
        self._capabilities = Capabilities("", {})
        self._transaction: Transaction | None = None
        self._answers: list[Reply] = []  # to RCPT, in order
        self._refusal: Reply | None = None  # of MAIL, DATA or the message itself: for every recipient not yet refused

    def receive(self, data: bytes) -> Sequence[Event]:
        """The peer sent these bytes."""
        if self.state is State.CLOSED or not data:
            return []
        if self.state is State.HANDSHAKE:
            return self._break("the peer sent plain text after STARTTLS")
        self._reader.feed(data)
        events: list[Event] = []
        try:
            while self.state not in {State.HANDSHAKE, State.CLOSED} and (reply := self._reader.take()) is not None:
                self.replies_seen += 1
                events += self._answer(reply)
        except (BadSyntax, FrameTooBig) as fault:
            events += self._break(str(fault))
        return events

    def receive_end(self) -> Sequence[Event]:
        """The peer closed the connection."""
        if self.state is State.CLOSED:
            return []
        return self._close() if self.state is State.QUIT else self._break("the peer closed the connection")

    def abandon(self, reason: str) -> Broken:
        """We give up on this peer; the event says what was settled so far."""
        (event,) = self._break(reason)
        return event

    def tls_established(self) -> None:
        """The handshake succeeded. Nothing learnt before it counts any more (RFC 3207 §4.2)."""
        self._require(State.HANDSHAKE)
        self._reader = ReplyReader()
        self._say(State.EHLO_TLS, self._ehlo)

    def send(self, transaction: Transaction) -> Sequence[Event]:
        """Begin to hand over a message; what this peer cannot take unchanged is refused here and now."""
        self._require(State.READY)
        refusal = judge_transaction(transaction, self._capabilities)
        if refusal is not None:
            return [Done((refusal,) * len(transaction.recipients))]
        self._transaction, self._answers, self._refusal = transaction, [], None
        commands = [encode_mail(transaction, self._capabilities)]
        if self._capabilities.has("PIPELINING"):
            commands += [encode_recipient(each, transaction, self._capabilities) for each in transaction.recipients]
            commands += [] if self._uses_chunks else ["DATA"]
        self._say(State.MAIL, *commands)
        return []

    def quit(self) -> None:
        """Say good-bye."""
        self._require(State.READY)
        self._say(State.QUIT, "QUIT")

    def take_output(self) -> bytes | memoryview | None:
        """The next bytes to be written, or None."""
        return self._output.popleft() if self._output else None

    @property
    def has_output(self) -> bool:
        """There are bytes to be written."""
        return bool(self._output)

    def _require(self, state: State) -> None:
        if self.state is not state:
            raise WrongState(f"the dialogue waits for the answer to {self.state.value}")

    def _say(self, state: State, *commands: str) -> Sequence[Event]:
        self.state = state
        self._output.append("".join(f"{command}\r\n" for command in commands).encode())
        return []

    def _answer(self, peer_reply: PeerReply) -> Sequence[Event]:
        reply = peer_reply.to_reply()
        if reply.code == 421:  # may answer anything (RFC 5321 §3.8)
            return self._break("the peer closes the channel", reply)
        act = _TABLE.get((self.state, reply.code // 100))
        if act is None:
            return self._break(f"the peer's answer to {self.state.value}", reply)
        return act(self, peer_reply, reply)

    def _break(self, reason: str, reply: Reply | None = None) -> list[Broken]:
        self.state = State.CLOSED
        self._output.clear()
        if self._transaction is None:
            return [Broken(reason, reply)]
        return [Broken(reason, reply, tuple(refusal or self._refusal for refusal in self._refusals()))]

    def _close(self) -> Sequence[Event]:
        self.state = State.CLOSED
        return [Closed()]

    # What is done with a reply

    def _greet(self, _peer_reply: PeerReply, _reply: Reply) -> Sequence[Event]:
        return self._say(State.EHLO, self._ehlo)

    def _ask_for_tls(self, peer_reply: PeerReply, _reply: Reply) -> Sequence[Event]:
        if not parse_capabilities(peer_reply).has("STARTTLS"):
            return self._break("no STARTTLS", Reply(451, "4.7.4", "The server does not offer STARTTLS"))
        return self._say(State.STARTTLS, "STARTTLS")

    def _want_tls(self, _peer_reply: PeerReply, _reply: Reply) -> Sequence[Event]:
        if not self._reader.is_empty:
            # It could only be meant to be read as if it had come under TLS (RFC 3207 §6, command injection mirrored).
            return self._break("the peer sent plain text after STARTTLS")
        self.state = State.HANDSHAKE
        return [TlsWanted()]

    def _learn(self, peer_reply: PeerReply, _reply: Reply) -> Sequence[Event]:
        self._capabilities = parse_capabilities(peer_reply)
        self.state = State.READY
        return [Ready(self._capabilities)]

    def _take_mail(self, _peer_reply: PeerReply, reply: Reply) -> Sequence[Event]:
        self.state = State.RCPT
        if reply.code >= 400:
            self._refusal = reply
        if self._capabilities.has("PIPELINING"):
            return []  # the recipients are under way, and their answers with them
        return self._reset() if reply.code >= 400 else self._say_recipient()

    def _take_recipient(self, _peer_reply: PeerReply, reply: Reply) -> Sequence[Event]:
        transaction = self._under_way()
        # After a refused MAIL the answers to RCPT only say "no MAIL": the refusal is what counts.
        self._answers.append(self._refusal or reply)
        if len(self._answers) < len(transaction.recipients):
            return [] if self._capabilities.has("PIPELINING") else self._say_recipient()
        if self._capabilities.has("PIPELINING") and not self._uses_chunks:
            self.state = State.DATA  # which is under way
            return []
        if not self._has_recipient:
            return self._reset()
        return self._send_chunk() if self._uses_chunks else self._say(State.DATA, "DATA")

    @property
    def _uses_chunks(self) -> bool:
        return self._capabilities.has("CHUNKING")

    @property
    def _has_recipient(self) -> bool:
        return self._refusal is None and any(answer.code < 400 for answer in self._answers)

    def _say_recipient(self) -> Sequence[Event]:
        transaction = self._under_way()
        recipient = transaction.recipients[len(self._answers)]
        return self._say(State.RCPT, encode_recipient(recipient, transaction, self._capabilities))

    def _send_chunk(self) -> Sequence[Event]:
        data = self._under_way().data
        self._say(State.BDAT, f"BDAT {len(data)} LAST")
        self._output.extend(cut_data(data))
        return []

    def _send_data(self, _peer_reply: PeerReply, _reply: Reply) -> Sequence[Event]:
        if not self._has_recipient:
            return self._say(State.NOTHING, ".")
        self.state = State.END
        self._output.extend(cut_data(stuff_dots(self._under_way().data)))
        return []

    def _refuse_all(self, _peer_reply: PeerReply, reply: Reply) -> Sequence[Event]:
        self._refusal = self._refusal or reply
        return self._reset()

    def _reset(self) -> Sequence[Event]:
        return self._say(State.RESET, "RSET")

    def _finish(self, _peer_reply: PeerReply, reply: Reply) -> Sequence[Event]:
        if reply.code >= 400:
            self._refusal = reply
        if self._output:
            # It answers before it has the message. What it would read of the rest, as commands, must never be sent.
            return self._break("the peer answered in the middle of the data", reply)
        return self._be_done(reply)

    def _finish_chunk(self, peer_reply: PeerReply, reply: Reply) -> Sequence[Event]:
        events = self._finish(peer_reply, reply) if reply.code < 400 or self._output else None
        # After a refused chunk the state of the transaction is not known (RFC 3030 §2).
        return self._refuse_all(peer_reply, reply) if events is None else events

    def _after_nothing(self, _peer_reply: PeerReply, reply: Reply) -> Sequence[Event]:
        return self._be_done(reply)

    def _after_reset(self, _peer_reply: PeerReply, reply: Reply) -> Sequence[Event]:
        # Whatever it says to RSET: if it is out of step, the next MAIL will show it.
        return self._be_done(reply)

    def _bid_farewell(self, _peer_reply: PeerReply, _reply: Reply) -> Sequence[Event]:
        return self._close()

    def _be_done(self, reply: Reply) -> Sequence[Event]:
        final = self._refusal or reply
        replies = tuple(final if answer is None else answer for answer in self._refusals())
        self._transaction = None
        self.state = State.READY
        return [Done(replies)]

    def _refusals(self) -> list[Reply | None]:
        """Per recipient: the reply that refused just this one, or None."""
        missing = [None] * (len(self._under_way().recipients) - len(self._answers))
        return [answer if answer.code >= 400 else None for answer in self._answers] + missing

    def _under_way(self) -> Transaction:
        if self._transaction is None:
            raise WrongState("no transaction is under way")
        return self._transaction


_Act = Callable[[Dialogue, PeerReply, Reply], Sequence[Event]]

_TABLE: Mapping[tuple[State, int], _Act] = {
    (State.GREETING, 2): Dialogue._greet,
    (State.EHLO, 2): Dialogue._ask_for_tls,
    (State.STARTTLS, 2): Dialogue._want_tls,
    (State.EHLO_TLS, 2): Dialogue._learn,
    (State.MAIL, 2): Dialogue._take_mail,
    (State.MAIL, 4): Dialogue._take_mail,
    (State.MAIL, 5): Dialogue._take_mail,
    (State.RCPT, 2): Dialogue._take_recipient,
    (State.RCPT, 4): Dialogue._take_recipient,
    (State.RCPT, 5): Dialogue._take_recipient,
    (State.DATA, 3): Dialogue._send_data,
    (State.DATA, 4): Dialogue._refuse_all,
    (State.DATA, 5): Dialogue._refuse_all,
    (State.END, 2): Dialogue._finish,
    (State.END, 4): Dialogue._finish,
    (State.END, 5): Dialogue._finish,
    (State.BDAT, 2): Dialogue._finish_chunk,
    (State.BDAT, 4): Dialogue._finish_chunk,
    (State.BDAT, 5): Dialogue._finish_chunk,
    (State.NOTHING, 2): Dialogue._after_nothing,
    (State.NOTHING, 4): Dialogue._after_nothing,
    (State.NOTHING, 5): Dialogue._after_nothing,
    (State.RESET, 2): Dialogue._after_reset,
    (State.RESET, 4): Dialogue._after_reset,
    (State.RESET, 5): Dialogue._after_reset,
    (State.QUIT, 2): Dialogue._bid_farewell,
    (State.QUIT, 4): Dialogue._bid_farewell,
    (State.QUIT, 5): Dialogue._bid_farewell,
}


def parse_capabilities(reply: PeerReply) -> Capabilities:
    """What an answer to EHLO announces; a keyword that comes twice counts as it came first."""
    keywords: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line.strip().partition(" ")
        keywords.setdefault(keyword.upper(), parameters.strip())
    return Capabilities(reply.lines[0].partition(" ")[0], keywords)
