"""What a server under load has promised, and whether it has kept it: for tests that kill it."""

import hashlib
import imaplib
import re
import smtplib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select

from mssmail.core.clock import read_clock
from mssmail.flows.signing import load_signing_key
from mssmail.lab.build import PEER_AUTHOR
from mssmail.lab.check.cases import NORD, SUD
from mssmail.lab.check.mail import Letter, build_letter
from mssmail.lab.check.stage import Stage
from mssmail.smime.sign import SigningKey, sign_message
from mssmail.store.engine import Store
from mssmail.store.schema import messages

Uids = dict[int, str]


@dataclass(frozen=True)
class Promise:
    """A message that was answered 250."""

    sha256: str
    octets: int


@dataclass
class Ledger:
    """All promises, and every UID anybody was ever shown. A name is a Message-ID, or a token in the body."""

    received: dict[str, Promise] = field(default_factory=dict)  # from a peer, for our INBOX
    submitted: dict[str, Promise] = field(default_factory=dict)  # by a client, for the other operator
    appended: Uids = field(default_factory=dict)  # answered APPENDUID in Archive
    expunged: set[int] = field(default_factory=set)  # of those: removed again, or perhaps
    inbox: Uids = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> int:
        """Promises so far."""
        return len(self.received) + len(self.submitted) + len(self.appended)

    def see(self, uids: Uids, uid: int, name: str) -> None:
        """Somebody was told that this UID is that message."""
        with self.lock:
            if uids.setdefault(uid, name) != name:
                self.reused.append(f"UID {uid} was {uids[uid]} and is {name}")


class Load:
    """Peers, a client that submits, one that writes and one that reads, until the server dies under them."""

    def __init__(self, stage: Stage, ledger: Ledger) -> None:
        self._stage, self._ledger = stage, ledger
        self._dead = threading.Event()
        self._peer_key = load_signing_key(stage.scenario("signer", "pem"))
        self._own_key = load_signing_key(stage.operator_of(NORD).path / "keys" / f"{NORD}.pem")
        work = (self._send, self._send, self._send, self._submit, self._append, self._read)
        self._threads = [threading.Thread(target=self._until_death, args=(each,)) for each in work]

    def start(self) -> None:
        """Begin, all at once."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """The server is dead: let everybody notice."""
        self._dead.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _until_death(self, work: Callable[[], None]) -> None:
        while not self._dead.is_set():
            try:
                work()
            except (OSError, smtplib.SMTPException, imaplib.IMAP4.error, EOFError):
                if self._dead.wait(0.02):
                    return

    def _send(self) -> None:
        port = self._stage.operator_of(NORD).ports.smtp
        with smtplib.SMTP("127.0.0.1", port, "etranger.test", timeout=30) as smtp:
            smtp.starttls(context=self._stage.build_context("peer"))
            while not self._dead.is_set():
                letter = _sign(build_letter(PEER_AUTHOR, NORD, size=2_000), self._peer_key)
                smtp.sendmail(PEER_AUTHOR, [NORD], letter.data)
                self._promise(self._ledger.received, letter)

    def _submit(self) -> None:
        account = self._stage.account(NORD)
        port = self._stage.operator_of(NORD).ports.submissions
        context = self._stage.build_context(None)
        with smtplib.SMTP_SSL("127.0.0.1", port, timeout=30, context=context) as smtp:
            smtp.login(account.address, account.password)
            while not self._dead.is_set():
                letter = _sign(build_letter(NORD, SUD, size=2_000), self._own_key)
                smtp.sendmail(NORD, [SUD], letter.data)
                self._promise(self._ledger.submitted, letter)

    def _promise(self, promises: dict[str, Promise], letter: Letter) -> None:
        promise = Promise(hashlib.sha256(letter.data).hexdigest(), len(letter.data))
        with self._ledger.lock:
            promises[letter.message_id] = promise

    def _append(self) -> None:
        """Write to Archive and remove every second again, so that the highest UIDs are gone when the server dies."""
        client = self._stage.sign_in(NORD)
        try:
            client.select("Archive")
            self._append_to(client)
        finally:
            client.shutdown()

    def _append_to(self, client: imaplib.IMAP4_SSL) -> None:
        ledger = self._ledger
        while not self._dead.is_set():
            name = f"token-{threading.get_ident()}-{ledger.count()}-{read_clock().timestamp()}"
            kind, answer = client.append("Archive", "(\\Seen)", "", f"Subject: kept\r\n\r\n{name}\r\n".encode())
            found = re.search(rb"APPENDUID \d+ (\d+)", answer[0] if answer else b"")
            if kind != "OK" or not found:
                continue
            uid = int(found[1])
            ledger.see(ledger.appended, uid, name)
            if uid % 2 == 0:
                ledger.expunged.add(uid)  # before: whether it still happened, nobody can say after a kill
                client.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
                client.expunge()

    def _read(self) -> None:
        """Watch INBOX grow: what was shown once must be true for ever."""
        client = self._stage.sign_in(NORD)
        try:
            client.select("INBOX", readonly=True)
            self._watch(client)
        finally:
            client.shutdown()

    def _watch(self, client: imaplib.IMAP4_SSL) -> None:
        last = 1
        while not self._dead.is_set():
            _kind, parts = client.uid("FETCH", f"{last}:*", "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
            for uid, data in _list_parts(parts).items():
                self._ledger.see(self._ledger.inbox, uid, _find_name(data))
                last = max(last, uid)


def _sign(letter: Letter, key: SigningKey) -> Letter:
    return Letter(letter.message_id, sign_message(letter.data, key, read_clock()))


def _list_parts(parts: list[object]) -> dict[int, bytes]:
    found = {}
    for part in parts:
        if isinstance(part, tuple) and (uid := re.search(rb"UID (\d+)", part[0])):
            found[int(uid[1])] = bytes(part[1])
    return found


def _find_name(data: bytes) -> str:
    found = re.search(rb"(?im)^message-id:\s*(\S+)", data)
    return found[1].decode() if found else ""


def _read_mailbox(stage: Stage, address: str, mailbox: str) -> dict[int, bytes]:
    client = stage.sign_in(address)
    client.select(mailbox, readonly=True)
    _kind, parts = client.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
    client.logout()
    return _list_parts(parts)


def check_operator(stage: Stage, ledger: Ledger) -> None:
    """Every message answered 250 is there once with its SHA-256, no other twice, and no UID has changed hands."""
    inbox = _read_mailbox(stage, NORD, "INBOX")
    for uid, data in inbox.items():
        ledger.see(ledger.inbox, uid, _find_name(data))
    gone = ledger.inbox.keys() - inbox.keys()
    assert not gone, f"shown once, and gone: {sorted(gone)}"
    copies: defaultdict[str, list[bytes]] = defaultdict(list)
    for data in inbox.values():
        copies[_find_name(data)].append(data)
    for name, found in copies.items():
        assert len(found) == 1, f"{name} is there {len(found)} times"
    for name, promise in ledger.received.items():
        assert name in copies, f"{name} was answered 250 and is lost"
        check_bytes(copies[name][0], promise)
    archive = _read_mailbox(stage, NORD, "Archive")
    for uid, data in archive.items():
        ledger.see(ledger.appended, uid, data.split()[-1].decode())
    lost = ledger.appended.keys() - ledger.expunged - archive.keys()
    assert not lost, f"answered APPENDUID, and gone: {sorted(lost)}"
    assert not ledger.reused, ledger.reused


def check_bytes(view: bytes, promise: Promise) -> None:
    """The view ends in the very bytes that were answered for; above them is only what we write."""
    assert hashlib.sha256(view[-promise.octets :]).hexdigest() == promise.sha256
    prefix = view[: -promise.octets]
    names = {line.partition(b":")[0].lower() for line in prefix.split(b"\r\n") if line[:1].strip()}
    assert names <= {b"return-path", b"authentication-results", b"received"}


def check_relayed(stage: Stage, there: Store, ledger: Ledger, kills: list[datetime]) -> int:
    """Every submission answered 250 has reached the other operator whole; how many arrived twice.

    A copy too many is explained only by a kill between the two arrivals: the peer's 250 was under way, or not yet
    written down, when we died (RFC 5321 §4.5.3.2.6 prefers that to losing mail).
    """
    inbox = _read_mailbox(stage, SUD, "INBOX")
    counts = Counter(_find_name(data) for data in inbox.values())
    for name in ledger.submitted:
        assert counts[name] >= 1, f"{name} was answered 250 and has not arrived"
    for data in inbox.values():
        promise = ledger.submitted.get(_find_name(data))
        if promise is not None:
            check_bytes(data, promise)
    wanted = select(messages.c.header_message_id, messages.c.received_at).order_by(messages.c.received_at)
    arrivals: defaultdict[str, list[datetime]] = defaultdict(list)
    for name, received_at in there.read(lambda conn: list(conn.execute(wanted))).result():
        arrivals[name].append(received_at)
    for name, count in counts.items():
        times = arrivals[name]
        assert len(times) == count
        for first, second in pairwise(times):
            assert any(first <= kill <= second for kill in kills), f"{name} came twice for no reason"
    return sum(counts.values()) - len(counts)
