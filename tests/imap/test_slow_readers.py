"""Clients that ask for much and read nothing: what a real server holds for them.

It gives pieces, each when the one before is taken. ``MSSMAIL_BIG=FOLDER`` adds a message of two gigabytes.
"""

import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from imaplib import IMAP4_SSL
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store.accounts import find_account
from mssmail.store.engine import open_store
from mssmail.store.messages import Placement, deliver
from tests.end_to_end.serving import MARIE, Serving, make_site, serve
from tests.support.memory import forget_peak, measure_peak, measure_resident
from tests.support.pki import Pki
from tests.support.store import build_delivery

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
    pytest.mark.xdist_group("slow readers"),
]

BIG, MIDDLING, COUNT = 40_000_000, 60_000, 40  # fewer than a block of the index, which is not to begin now
MOST_KB = 24_000  # for all of them together; without back-pressure one alone would take BIG
ROUNDS = 150  # of another client: turns that the server could use to read on for those who do not read
_LINE = b64encode(bytes(range(57))) + b"\r\n"
_HEAD = b"Subject: scan\r\nMIME-Version: 1.0\r\nContent-Type: image/tiff\r\nContent-Transfer-Encoding: base64\r\n\r\n"
_SECTIONS = " ".join(f"BODY.PEEK[]<{number}.300000>" for number in range(90))
GREEDY = (
    "1 BODY.PEEK[]",
    "1 BODY.PEEK[1]",
    "1 BINARY.PEEK[1]",
    f"1 ({_SECTIONS})",
    "2:* BODY.PEEK[]",
    "2:* (BODY.PEEK[1] BODY.PEEK[])",
)


def _fill(folder: Path, *sizes: int) -> None:
    store = open_store(folder)
    account = store.read(lambda conn: find_account(conn, parse_address(MARIE))).result()
    assert account is not None
    for octets in sizes:
        data = _HEAD + _LINE * (octets // len(_LINE))
        delivery = build_delivery(store, data, Placement(account.id))
        delivery = replace(delivery, index=build_index(data, scan(data), "mss.a.test"))
        store.submit(lambda conn, delivery=delivery: deliver(conn, delivery)).result()  # type: ignore[misc]
    store.close()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(read_clock().replace(microsecond=0))


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[Serving]:
    site = make_site(tmp_path_factory.mktemp("slow"), pki)
    _fill(site.folder / "store", BIG, *[MIDDLING] * COUNT)
    with serve(site, pki) as serving:
        yield serving


def _open(serving: Serving) -> IMAP4_SSL:
    client = serving.sign_in()
    client.select("INBOX", readonly=True)
    return client


def test_clients_that_do_not_read_are_not_read_ahead_for(serving: Serving) -> None:
    other, *clients = (_open(serving) for _ in range(1 + len(GREEDY)))
    pid = serving.process.pid
    forget_peak(pid)
    before = measure_resident(pid)
    for client, asked in zip(clients, GREEDY, strict=True):
        client.send(b"Z FETCH " + asked.encode() + b"\r\n")
    for _ in range(ROUNDS):
        other.noop()
    assert measure_peak(pid) - before < MOST_KB
    waiting = clients[0]
    size = int(waiting.readline().rpartition(b"{")[2].rstrip(b"}\r\n"))  # the first goes on where it was left
    assert size > BIG - 2 * len(_LINE)
    assert waiting.read(size).endswith(_LINE)
    assert measure_peak(pid) - before < MOST_KB
    for client in (other, *clients):
        client.shutdown()


@pytest.mark.skipif("MSSMAIL_BIG" not in os.environ, reason="two gigabytes: set MSSMAIL_BIG to a folder with room")
def test_two_gigabytes_do_not_take_two_hundred_megabytes(pki: Pki) -> None:
    site = make_site(Path(os.environ["MSSMAIL_BIG"], "site"), pki)
    _fill(site.folder / "store", 2**31)
    with serve(site, pki) as serving:
        client = _open(serving)
        for asked in ("BODY.PEEK[]", "BINARY.PEEK[1]"):
            forget_peak(serving.process.pid)
            client.send(b"Z FETCH 1 " + asked.encode() + b"\r\n")
            left = int(client.readline().rpartition(b"{")[2].rstrip(b"}\r\n"))
            while left:
                left -= len(client.read(min(left, 1_000_000)))
            assert b"OK" in client.readline() + client.readline()
            assert measure_peak(serving.process.pid) < 200_000
        client.shutdown()
