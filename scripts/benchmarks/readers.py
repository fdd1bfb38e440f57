"""What a server holds for clients that ask for much and read slowly: fifty of each kind at once, then one gigabyte.

``python -m scripts.benchmarks.readers 50`` says how many; ``--octets`` how large the largest attachment is, and
``--rows`` how many messages the long mailbox has. Each reader takes a bite now and then for some seconds, and hangs up.
The figures are the process's highest resident memory, and what it has when they have gone.
"""

import argparse
import tempfile
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.mailbox import UID
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.settings import load_settings
from mssmail.store.accounts import find_account
from mssmail.store.engine import Store, open_store
from mssmail.store.mailboxes import create_mailbox, find_mailbox
from mssmail.store.messages import Delivery, Placement, deliver
from mssmail.store.transfers import copy_rows
from scripts.benchmarks.imap import PREFIX, fill, serve
from scripts.benchmarks.letters import ME
from scripts.benchmarks.mail_client import Client
from scripts.benchmarks.processes import measure_work
from tests.support.memory import forget_peak, measure_peak, measure_resident
from tests.support.operators import PASSWORD, Site, build_site
from tests.support.pki import Pki

LETTERS = 1_000  # the long mailbox holds copies of them
LARGE, LARGE_COUNT = 25_000_000, 5
SECONDS, BITE = 6, 16_384  # how long one kind of reader stays, and what it takes at a time
_LINE = b64encode(bytes(range(57))) + b"\r\n"
_HEAD = (
    b"From: dr@peer.test\r\nSubject: scan %d\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\n"
    b"Content-Type: image/tiff\r\nContent-Transfer-Encoding: base64\r\n\r\n"
)
_EACH = "{each}"  # the number of the message that this reader takes
LARGE_QUESTIONS = (
    "FETCH {each} BODY.PEEK[]",
    "FETCH {each} BODY.PEEK[2]",
    "FETCH {each} BINARY.PEEK[2]",
    "FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[2])",
)
LONG_QUESTIONS = (
    "FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Subject Date)])",
    "FETCH 1:* (ENVELOPE BODYSTRUCTURE)",
    "FETCH 1:* BODY.PEEK[HEADER]",
    "FETCH 1:* BODY.PEEK[]",
    "FETCH 1:* FLAGS",
    "SEARCH ALL",
    "SEARCH BODY biologie",
    "SORT (SUBJECT) UTF-8 ALL",
    "THREAD REFERENCES UTF-8 ALL",
)
LARGEST_QUESTIONS = (
    "FETCH 1 BODYSTRUCTURE",
    "FETCH 1 BINARY.SIZE[2]",
    "FETCH 1 BODY.PEEK[2]<900000000.65536>",
    "FETCH 1 BINARY.PEEK[2]<700000000.65536>",
    "FETCH 1 BODY.PEEK[2]",
    "FETCH 1 BINARY.PEEK[2]",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one kind of reader: resident megabytes before, at most, and after; CPU seconds meanwhile."""

    before: float
    highest: float
    after: float
    seconds: float


def build_scan(octets: int, number: int) -> bytes:
    """A message with an attachment of so many octets in base64."""
    return _HEAD % number + _LINE * (octets // len(_LINE)) + b"--b--\r\n"


def fill_mailboxes(store: Store, rows: int, octets: int) -> None:
    """INBOX with a few letters, Large with large attachments, Largest with one, Long with many rows."""
    fill(store, LETTERS)
    account = store.read(lambda conn: find_account(conn, parse_address(ME))).result()
    account_id = 0 if account is None else account.id

    def keep(conn: Connection, mailbox: str, data: bytes) -> None:
        index = build_index(data, scan(data), "mss.a.test")
        delivery = Delivery("bench", store.keep_body(data), PREFIX, index, "trusted", "{}", None, read_clock())
        deliver(conn, replace(delivery, placements=(Placement(account_id, mailbox),)))

    def lengthen(conn: Connection, target: int) -> None:
        inbox = find_mailbox(conn, account_id, "INBOX")
        copy_rows(conn, inbox.id, [UID(uid) for uid in range(1, LETTERS + 1)], target, read_clock(), inbox.rights)

    targets = {}
    for name in ("Large", "Largest", "Long"):
        made = store.submit(lambda conn, name=name: create_mailbox(conn, account_id, name, "", read_clock())).result()  # type: ignore[misc]
        targets[name] = made.id
    for number in range(LARGE_COUNT):
        store.submit(lambda conn, number=number: keep(conn, "Large", build_scan(LARGE, number))).result()  # type: ignore[misc]
    if octets:
        store.submit(lambda conn: keep(conn, "Largest", build_scan(octets, 0))).result()
    for _ in range(rows // LETTERS):
        store.submit(lambda conn: lengthen(conn, targets["Long"])).result()


def open_readers_site(folder: Path, rows: int, octets: int) -> Site:
    """An operator with such mailboxes; as it was left, if it is there."""
    if (folder / "op" / "mssmail.toml").exists():
        return Site(folder / "op", folder / "op" / "mssmail.toml", load_settings(folder / "op" / "mssmail.toml"))
    site = build_site(folder / "op", Pki(read_clock().replace(microsecond=0)), read_clock())
    store = open_store(site.folder / "store")
    fill_mailboxes(store, rows, octets)
    store.close()
    return site


class Bench:
    """A running server, and readers of it."""

    def __init__(self, port: int, pid: int, ca: Path) -> None:
        self._port, self._pid, self._ca = port, pid, ca

    def measure(self, mailbox: str, question: str, readers: int) -> Figures:
        """So many readers of one kind, till they hang up."""
        before = measure_resident(self._pid)
        worked = measure_work(self._pid)
        with ExitStack() as stack:
            clients = [stack.enter_context(closing(self._open(mailbox))) for _ in range(readers)]
            forget_peak(self._pid)
            for place, client in enumerate(clients):
                client.send(f"z {question.replace(_EACH, str(1 + place % LARGE_COUNT))}\r\n".encode())
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline:
                _bite(clients)
            highest = measure_peak(self._pid)
        self._open(mailbox).close()  # by its answer those that hung up have been noticed
        time.sleep(1)
        after = measure_resident(self._pid)
        return Figures(before / 1e3, highest / 1e3, after / 1e3, (measure_work(self._pid) - worked) / 1e3)

    def _open(self, mailbox: str) -> Client:
        client = Client(self._port, self._ca, ME, PASSWORD, receive_octets=BITE)
        client.do(f"EXAMINE {mailbox}")
        return client


def _bite(clients: Sequence[Client]) -> None:
    """Each takes a little of what there is for it."""
    for client in clients:
        client.taste(BITE)
        time.sleep(0.005)


def main() -> None:
    """Fill a store, serve it, let them read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", type=int, nargs="?", default=50)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--octets", type=int, default=1_000_000_000, help="of the largest attachment; 0: none")
    parser.add_argument("--keep", type=Path, help="where the mailboxes stay")
    parser.add_argument("--only", default="", help="questions with this in them")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = open_readers_site(Path(folder) if asked.keep is None else asked.keep, asked.rows, asked.octets)
        kinds = [("Large", LARGE_QUESTIONS), ("Long", LONG_QUESTIONS)]
        kinds += [("Largest", LARGEST_QUESTIONS)] if asked.octets else []
        for mailbox, questions in kinds:
            readers = asked.readers if mailbox != "Largest" else 5
            for question in (each for each in questions if asked.only in each):
                with serve(site) as (port, pid):  # anew for each: what one left behind would serve the next
                    found = Bench(port, pid, site.folder / "anchors" / "root.crt").measure(mailbox, question, readers)
                print(
                    f"{readers:3} × {question[:60]:60} {found.before:6.0f} → {found.highest:6.0f} MB, then "
                    f"{found.after:6.0f} MB; {found.seconds:5.1f} s of CPU",
                    flush=True,
                )


if __name__ == "__main__":
    main()
