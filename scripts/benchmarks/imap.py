"""What a mail program waits for in INBOXes of 10,000 and 100,000 messages of 20 kB, over TLS, from a server of its own.

``python -m scripts.benchmarks.imap 10000`` measures one size; with ``--keep FOLDER`` the mailboxes stay there, and are
not filled again next time. Each question is asked a few times on one connection, medians; then once more, to see how
long somebody else waits meanwhile and what memory it takes. ``scripts/bench peers`` asks Dovecot the same.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from threading import Thread

from sqlalchemy import Connection

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.settings import load_settings
from mssmail.store.accounts import find_account
from mssmail.store.engine import Store, open_store
from mssmail.store.messages import Delivery, Placement, deliver
from mssmail.store.text_index import find_last_block, find_missing_blocks
from scripts.benchmarks.bystander import stand_by
from scripts.benchmarks.letters import ME, SIZE, build_letters
from scripts.benchmarks.mail_client import Client
from scripts.benchmarks.questions import Server, ask_all, ask_beside
from tests.support.operators import PASSWORD, Site, build_site
from tests.support.pki import Pki

BATCH = 200
PREFIX = (
    b"Return-Path: <dr@peer.test>\r\nAuthentication-Results: mss.a.test; smime=pass\r\nReceived: from peer.test\r\n"
)


def fill(store: Store, count: int) -> None:
    """Deliver so many letters to our INBOX."""
    account = store.read(lambda conn: find_account(conn, parse_address(ME))).result()
    placement = Placement(0 if account is None else account.id)
    letters = build_letters(count)

    def add(conn: Connection, batch: list[bytes], at: datetime) -> None:
        for data in batch:
            index = build_index(data, scan(data), "mss.a.test")
            delivery = Delivery("bench", store.keep_body(data), PREFIX, index, "trusted", "{}", None, at)
            deliver(conn, replace(delivery, placements=(placement,)))

    while batch := list(islice(letters, BATCH)):
        store.submit(lambda conn, batch=batch: add(conn, batch, read_clock())).result()  # type: ignore[misc]


@contextmanager
def serve(site: Site) -> Iterator[tuple[int, int]]:
    """(port, process id) of a server over this site's store."""
    text = site.config.read_text().replace("max_connections_per_account = 20", "max_connections_per_account = 200")
    site.config.write_text(text.replace("max_connections_per_address = 100", "max_connections_per_address = 200"))
    command = [sys.executable, "-m", "mssmail", "serve", "--config", str(site.config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            ready = next(line for line in process.stderr or () if " ready " in line)
            Thread(target=lambda: deque(process.stderr or (), maxlen=0)).start()  # else it waits to be read
            yield int(ready.partition("imaps=127.0.0.1:")[2].split()[0]), process.pid
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def open_site(folder: Path, count: int) -> Iterator[Site]:
    """An operator whose account holds so many letters; as it was left, if it is there."""
    config = folder / "mssmail.toml"
    if config.exists():
        yield Site(folder, config, load_settings(config))
        return
    site = build_site(folder, Pki(read_clock().replace(microsecond=0)), read_clock())
    store = open_store(site.folder / "store")
    began = time.perf_counter()
    fill(store, count)
    print(f"filled with {count} messages of {SIZE} octets in {time.perf_counter() - began:.0f} s")
    store.close()
    yield site


@contextmanager
def serve_indexed(site: Site) -> Iterator[Server]:
    """A server over this site whose index for SEARCH has caught up."""
    ca = site.folder / "anchors" / "root.crt"
    with serve(site) as (port, pid):
        wait_for_index(site)
        yield Server(lambda: Client(port, ca, ME, PASSWORD), pid, lambda: stand_by(port, ca, ME, PASSWORD, pid))


def measure(site: Site) -> dict[str, float]:
    """Every figure of a server over this site."""
    with serve_indexed(site) as server:
        return ask_all({"mssmail": server})["mssmail"] | ask_beside(server)


def wait_for_index(site: Site) -> None:
    """The index for SEARCH is made in the background: wait till it has caught up, and say how long that took."""
    began = time.perf_counter()
    store = open_store(site.folder / "store", exclusive=False)
    while store.read(lambda conn: find_missing_blocks(conn, 0, find_last_block(conn))).result():
        time.sleep(0.2)
    store.close()
    octets = (site.folder / "store" / "mssmail.db").stat().st_size
    print(f"indexed in {time.perf_counter() - began:.0f} s; the database has {octets / 1e6:.0f} MB", flush=True)


def main() -> None:
    """Fill a store, serve it, ask; for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--keep", type=Path, help="where the mailboxes stay")
    asked = parser.parse_args()
    for count in asked.counts:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) if asked.keep is None else asked.keep / str(count)
            place.mkdir(parents=True, exist_ok=True)
            with open_site(place / "op", count) as site:
                for name, figure in measure(site).items():
                    print(f"{count:7} {name:44} {figure:10.1f}" + ("" if name.endswith("kB") else " ms"), flush=True)


if __name__ == "__main__":
    main()
