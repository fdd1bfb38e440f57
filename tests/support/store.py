"""Making things for a real store: accounts, deliveries of small messages, a look at what is there."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from mssmail.core.account import Account
from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.examination import Index
from mssmail.core.mailbox import UID, MessageMeta, StoreAction
from mssmail.core.message import Span
from mssmail.journal import Entry
from mssmail.store.accounts import NewAccount, create_account
from mssmail.store.changes import load_all
from mssmail.store.engine import DATABASE, Store, open_store
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import Delivered, Delivery, Placement, deliver
from mssmail.store.passwords import hash_password
from mssmail.store.rows import FlagChange, store_flags

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RELAY_PREFIX = b"Received: by us\r\n"
PREFIX = b"Return-Path: <a@b.test>\r\n" + RELAY_PREFIX


@cache
def _make_database() -> bytes:
    with TemporaryDirectory() as directory:
        open_store(Path(directory), create=True).close()
        return (Path(directory) / DATABASE).read_bytes()


def make_store(directory: Path) -> Store:
    """A new store in a real SQLite file, as ``open_store`` makes it; the migrations run once for all tests."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / DATABASE).touch(0o600)
    (directory / DATABASE).write_bytes(_make_database())
    return open_store(directory)


@cache
def hash_once(password: str) -> str:
    """A hash of this password: making one takes its time on purpose, and a test's account needs none of its own."""
    return hash_password(password)


def add_account(store: Store, address: str = "anne@a.test", **more: object) -> Account:
    """A new account of this address."""
    new = NewAccount(parse_address(address), NOW, **more)  # type: ignore[arg-type]
    return store.submit(lambda conn: create_account(conn, new)).result()


def build_message(text: str = "hello", octets: int = 0) -> bytes:
    """A message with this text and at least so many octets."""
    data = f"From: b@b.test\r\nSubject: {text}\r\n\r\n{text}\r\n".encode()
    return data + b"x" * max(0, octets - len(data))


def build_index(data: bytes, subject: str = "hello") -> Index:
    """An index as plain as can be: only the header's span and the subject tell the truth."""
    end = data.index(b"\r\n\r\n") + 4
    return Index(b"(ENV)", b"(B)", b"(BS)", b"parts", Span(0, end), subject=subject, sender="<b@b.test>")


def build_delivery(
    store: Store,
    data: bytes,
    *placements: Placement,
    queue: tuple[Address, ...] = (),
    entries: tuple[Entry, ...] = (),
    reverse_path: ReversePath = None,
    trace_id: str = "",
) -> Delivery:
    """A delivery of these bytes."""
    return Delivery(
        trace_id=trace_id or hashlib.sha256(data).hexdigest()[:16],
        body=store.keep_body(data),
        prefix=PREFIX,
        index=build_index(data),
        summary="unsigned",
        evidence="{}",
        reverse_path=reverse_path,
        received_at=NOW,
        placements=placements,
        queue=queue,
        entries=entries,
        relay_prefix=RELAY_PREFIX,
    )


def deliver_to(store: Store, account: Account, data: bytes, mailbox: str = "INBOX", *flags: str) -> Delivered:
    """Deliver these bytes into one mailbox."""
    delivery = build_delivery(store, data, Placement(account.id, mailbox, frozenset(flags)))
    return store.submit(lambda conn: deliver(conn, delivery)).result()


def list_uids(store: Store, account: Account, mailbox: str = "INBOX") -> list[UID]:
    """The UIDs of a mailbox."""

    def look(conn: Connection) -> list[UID]:
        _, changes = load_all(conn, find_mailbox(conn, account.id, mailbox).id)
        return [meta.uid for meta in changes.appeared]

    return store.read(look).result()


def make_uids(*numbers: int) -> list[UID]:
    """These numbers as UIDs."""
    return [UID(number) for number in numbers]


def change_flags(store: Store, mailbox_id: int, uids: list[UID], action: StoreAction, *flags: str) -> list[MessageMeta]:
    """What STORE does, with what changed."""
    change = FlagChange(action, frozenset(flags))
    return list(store.submit(lambda conn: store_flags(conn, mailbox_id, uids, change)).result())


def check_counters(conn: Connection, mailbox_id: int) -> None:
    """The counters of a mailbox say what its rows say."""
    info, changes = load_all(conn, mailbox_id)
    flags = [meta.flags for meta in changes.appeared]
    assert info.messages == len(flags)
    assert info.unseen == sum("\\Seen" not in held for held in flags)
    assert info.deleted == sum("\\Deleted" in held for held in flags)
