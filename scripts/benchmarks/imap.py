"""What a mail program waits for in an INBOX of 10,000 messages of 20 kB, over TLS, from a server of its own process.

Each question is asked ROUNDS times on one connection; medians. Octets are what the server sent for it.
"""

import imaplib
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Connection

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.lab.check.mail import build_letter
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store.accounts import find_account
from mssmail.store.engine import Store, open_store
from mssmail.store.messages import Delivery, Placement, deliver
from tests.support.operators import PASSWORD, Site, build_site
from tests.support.pki import Pki

MESSAGES, SIZE, ROUNDS, BATCH = 10_000, 20_000, 3, 200
ME = "marie@a.test"
THUNDERBIRD = (
    "(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority "
    "References Newsgroups In-Reply-To Content-Type Reply-To)])"
)
PREFIX = (
    b"Return-Path: <dr@peer.test>\r\nAuthentication-Results: mss.a.test; smime=pass\r\nReceived: from peer.test\r\n"
)


def fill(store: Store, count: int) -> None:
    """Deliver so many different messages to our INBOX."""
    account = store.read(lambda conn: find_account(conn, parse_address(ME))).result()
    account_id = 0 if account is None else account.id

    def add(conn: Connection, first: int, at: datetime) -> None:
        for number in range(first, first + BATCH):
            data = build_letter("dr@peer.test", ME, size=SIZE, subject=f"Compte rendu {number}").data
            index = build_index(data, scan(data), "mss.a.test")
            delivery = Delivery(f"bench{number}", store.keep_body(data), PREFIX, index, "trusted", "{}", None, at)
            deliver(conn, replace(delivery, placements=(Placement(account_id),)))

    for first in range(0, count, BATCH):
        store.submit(lambda conn, first=first: add(conn, first, read_clock())).result()  # type: ignore[misc]


class Client(imaplib.IMAP4_SSL):
    """Counts what it reads."""

    octets = 0

    def read(self, size: int) -> bytes:
        """As imaplib's."""
        data = super().read(size)
        self.octets += len(data)
        return data

    def readline(self) -> bytes:
        """As imaplib's."""
        line = super().readline()
        self.octets += len(line)
        return line


def ask(client: Client, name: str, work: Callable[[], object]) -> None:
    """One line of the table."""
    times, before = [], client.octets
    for _ in range(ROUNDS):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    octets = (client.octets - before) / ROUNDS
    print(f"{name:44} {median(times) * 1e3:9.1f} ms  {octets / 1e6:8.2f} MB")


def push(client: Client, other: Client) -> float:
    """Milliseconds between another session's command and our IDLE hearing of its effect."""
    client.send(b"Z IDLE\r\n")
    client.readline()
    began = perf_counter()
    other.append("INBOX", "", "", b"Subject: now\r\n\r\nnow\r\n")
    while b"EXISTS" not in client.readline():
        pass
    spent = (perf_counter() - began) * 1e3
    client.send(b"DONE\r\n")
    while not client.readline().startswith(b"Z "):
        pass
    return spent


def run(port: int, ca: Path) -> None:
    """Ask everything."""
    context = ssl.create_default_context(cafile=str(ca))
    client, other = (Client("127.0.0.1", port, ssl_context=context, timeout=600) for _ in range(2))
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for each in (client, other):
        each.login(ME, PASSWORD)
        each.select("INBOX")
    ask(client, "SELECT", lambda: client.select("INBOX"))
    ask(client, "FETCH 1:* as Thunderbird asks for headers", lambda: client.uid("FETCH", "1:*", THUNDERBIRD))
    ask(client, "FETCH 1:* (ENVELOPE BODYSTRUCTURE)", lambda: client.uid("FETCH", "1:*", "(ENVELOPE BODYSTRUCTURE)"))
    ask(client, "FETCH 1:* BODY.PEEK[]", lambda: client.uid("FETCH", "1:*", "BODY.PEEK[]"))
    ask(client, "SEARCH SUBJECT, one match", lambda: client.uid("SEARCH", "SUBJECT", f'"rendu {MESSAGES - 1}"'))
    ask(client, "SEARCH BODY, no match", lambda: client.uid("SEARCH", "BODY", '"nothing like it"'))
    marks = iter(range(ROUNDS))
    ask(client, "STORE 1:* +FLAGS.SILENT", lambda: client.uid("STORE", "1:*", "+FLAGS.SILENT", f"(k{next(marks)})"))
    print(f"{'IDLE: APPEND elsewhere to EXISTS here':44} {median(push(client, other) for _ in range(9)):9.1f} ms")
    for each in (client, other):
        each.logout()


def serve(site: Site) -> subprocess.Popen[str]:
    """The server, ready."""
    command = [sys.executable, "-m", "mssmail", "serve", "--config", str(site.config)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def main() -> None:
    """Fill a store, serve it, ask."""
    with tempfile.TemporaryDirectory() as folder:
        site = build_site(Path(folder, "op"), Pki(read_clock().replace(microsecond=0)), read_clock())
        store = open_store(site.folder / "store")
        fill(store, MESSAGES)
        store.close()
        with serve(site) as process:
            try:
                ready = next(line for line in process.stderr or () if " ready " in line)
                port = int(ready.partition("imaps=127.0.0.1:")[2].split()[0])
                run(port, site.folder / "anchors" / "root.crt")
            finally:
                process.terminate()
                process.communicate(timeout=60)
    print(f"{MESSAGES} messages of {SIZE} octets; medians of {ROUNDS}")


if __name__ == "__main__":
    main()
