"""Looking the whole store over: what is kept against what is said of it. Reports; repairs nothing.

Every question is its own short read, bodies are read a page at a time: the server may go on serving. What it changes
meanwhile can only hide from a question, or show as an orphan that was just being written.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select, text

from mssmail.core.mailbox import ViewLayout
from mssmail.core.message import Span
from mssmail.errors import StoreUnavailable
from mssmail.journal import Event
from mssmail.store.engine import Store
from mssmail.store.flags import DELETED_BIT, SEEN_BIT
from mssmail.store.grams import list_buckets
from mssmail.store.layouts import LAYOUT_COLUMNS, build_layout
from mssmail.store.mailboxes import IS_THERE
from mssmail.store.messages import is_unused
from mssmail.store.schema import (
    bodies,
    dead_bodies,
    gram_blocks,
    journal,
    mailbox_rows,
    mailboxes,
    message_texts,
    messages,
    vanished,
)
from mssmail.store.texts import is_text

PAGE = 200  # rows of one read


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be."""

    kind: str  # database, counters, uid, message, journal, body, file
    subject: str  # which one
    text: str


def check_store(store: Store) -> list[Problem]:
    """Everything that is wrong; an empty list for a sound store."""
    found = store.read(_check_database).result()
    if found:
        return found  # whatever else a broken database says means nothing
    found += store.read(_check_counters).result()
    found += store.read(_check_uids).result()
    found += store.read(_check_messages).result()
    found += _check_journal(store)
    found += _check_bodies(store)
    found += _check_layouts(store)
    found += _check_files(store)
    found += _check_index(store)
    return found


def _check_database(conn: Connection) -> list[Problem]:
    lines = [row[0] for row in conn.execute(text("PRAGMA integrity_check"))]
    found = [Problem("database", "integrity", line) for line in lines if line != "ok"]
    broken = conn.execute(text("PRAGMA foreign_key_check")).all()
    return found + [Problem("database", f"{row[0]} {row[1]}", f"refers to a missing row of {row[2]}") for row in broken]


def _check_counters(conn: Connection) -> list[Problem]:
    row = mailbox_rows.c
    counted = (
        select(
            mailboxes.c.id,
            func.count(row.uid),
            func.count(case((row.flags.bitwise_and(SEEN_BIT) == 0, row.uid))),
            func.count(case((row.flags.bitwise_and(DELETED_BIT) != 0, row.uid))),
            func.coalesce(func.sum(row.size), 0),
            mailboxes.c.messages,
            mailboxes.c.unseen,
            mailboxes.c.deleted,
            mailboxes.c.size,
        )
        .outerjoin(mailbox_rows, row.mailbox_id == mailboxes.c.id)
        .where(IS_THERE)  # what is being removed counts for nobody
        .group_by(mailboxes.c.id)
    )
    names = ("messages", "unseen", "deleted", "size")
    return [
        Problem("counters", f"mailbox {mailbox_id}", f"{name} is {said}, counted {true}")
        for mailbox_id, *values in conn.execute(counted)
        for name, true, said in zip(names, values[:4], values[4:], strict=True)
        if true != said
    ]


def _check_uids(conn: Connection) -> list[Problem]:
    """UIDs below UIDNEXT, ModSeqs not above the mailbox's, no UID both there and vanished."""
    found = []
    for table in (mailbox_rows, vanished):
        beyond = (
            select(table.c.mailbox_id, table.c.uid)
            .join(mailboxes, mailboxes.c.id == table.c.mailbox_id)
            .where(
                or_(
                    table.c.uid >= mailboxes.c.uid_next,
                    table.c.modseq > mailboxes.c.highest_modseq,
                    table.c.born_modseq > table.c.modseq,
                )
            )
        )
        found += _report(conn, beyond, "uid", "UID or ModSeq is beyond the mailbox's own")
    same = and_(vanished.c.mailbox_id == mailbox_rows.c.mailbox_id, vanished.c.uid == mailbox_rows.c.uid)
    both = select(mailbox_rows.c.mailbox_id, mailbox_rows.c.uid).join(vanished, same)
    return found + _report(conn, both, "uid", "is there and has vanished")


def _report(conn: Connection, wanted: Select[Any], kind: str, words: str) -> list[Problem]:
    return [Problem(kind, f"mailbox {row[0]} uid {row[1]}", words) for row in conn.execute(wanted)]


def _check_messages(conn: Connection) -> list[Problem]:
    unused = select(messages.c.id).where(*is_unused())
    found = [
        Problem("message", f"message {number}", "is in no mailbox and not on its way")
        for number in conn.execute(unused).scalars()
    ]
    orphans = select(bodies.c.id).where(~select(messages.c.id).where(messages.c.body_id == bodies.c.id).exists())
    return found + [
        Problem("body", f"body {number}", "no message has it") for number in conn.execute(orphans).scalars()
    ]


def _read_pages(store: Store, wanted: Select[Any]) -> Iterator[Any]:
    """Rows in pages by their first column, an ascending id, each page its own read."""
    last = 0
    key = wanted.selected_columns[0]
    while True:
        page = wanted.where(key > last).order_by(key).limit(PAGE)
        rows: Sequence[Any] = store.read(lambda conn, page=page: conn.execute(page).all()).result()  # type: ignore[misc]
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1][0]


def _check_journal(store: Store) -> list[Problem]:
    """Every entry can be read, and none is missing between the first and the last."""
    found = []
    expected: int | None = None
    for row in _read_pages(store, select(journal.c.id, journal.c.event, journal.c.facts)):
        if expected is not None and row.id != expected:
            found.append(Problem("journal", f"entry {expected}", f"is missing, and all up to {row.id - 1}"))
        expected = row.id + 1
        if not _is_readable(row.event, row.facts):
            found.append(Problem("journal", f"entry {row.id}", "cannot be read"))
    return found


def _is_readable(event: str, facts: str) -> bool:
    try:
        return Event(event) is not None and isinstance(json.loads(facts), dict)
    except ValueError:
        return False


def _check_bodies(store: Store) -> list[Problem]:
    """Each body has the length and the SHA-256 it is kept under."""
    found = []
    for row in _read_pages(store, select(bodies.c.id, bodies.c.sha256, bodies.c.length, bodies.c.data)):
        data = row.data
        if data is None:
            try:
                data = store.body_files.read(row.sha256.hex(), Span(0, row.length))
            except StoreUnavailable as fault:
                found.append(Problem("body", f"body {row.id}", f"{fault}: {row.sha256.hex()}"))
                continue
        if len(data) != row.length or hashlib.sha256(data).digest() != row.sha256:
            found.append(Problem("body", f"body {row.id}", f"its bytes are not those of {row.sha256.hex()}"))
    return found


def _check_layouts(store: Store) -> list[Problem]:
    """Each message's spans lie within its body, and every row tells the size of its view."""
    found = []
    wanted = (
        select(
            *LAYOUT_COLUMNS, bodies.c.length.label("kept"), func.min(mailbox_rows.c.size), func.max(mailbox_rows.c.size)
        )
        .join(bodies, bodies.c.id == messages.c.body_id)
        .outerjoin(mailbox_rows, mailbox_rows.c.message_id == messages.c.id)
        .group_by(messages.c.id)
    )
    for row in _read_pages(store, wanted):
        layout = build_layout(row[:7])
        if not _fits(layout, row.kept) or any(size not in {None, layout.size} for size in row[-2:]):
            found.append(Problem("message", f"message {row.id}", "its sizes do not agree"))
    return found


def _fits(layout: ViewLayout, kept: int) -> bool:
    inside = all(layout.header.start <= cut.start <= cut.end <= layout.header.end for cut in layout.cuts)
    return inside and layout.length == kept and layout.header.end <= kept


def _check_files(store: Store) -> list[Problem]:
    """No file without a row, but for those that wait to be unlinked."""

    def list_known(conn: Connection) -> set[str]:
        kept = select(bodies.c.sha256).where(bodies.c.data.is_(None))
        return {
            digest.hex() for wanted in (kept, select(dead_bodies.c.sha256)) for digest in conn.execute(wanted).scalars()
        }

    files = list(store.body_files.list_files())  # before the rows: a file is there before the row that refers to it
    known = store.read(list_known).result()
    return [Problem("file", str(path), "no row refers to this body") for name, path in files if name not in known]


def _check_index(store: Store) -> list[Problem]:
    """What is made from messages can be read: kept texts, and the index that leads to them."""
    found = []
    for row in _read_pages(store, select(message_texts.c.message_id, message_texts.c.data)):
        if row.data is not None and not is_text(row.data):
            found.append(Problem("index", f"message {row.message_id}", "its text for SEARCH cannot be read"))
    for row in _read_pages(store, select(gram_blocks.c.block + 1, gram_blocks.c.present, gram_blocks.c.unfiltered)):
        data = store.read(lambda conn, block=row[0] - 1: list_buckets(conn, block)).result()  # type: ignore[misc]
        if row.unfiltered & ~row.present or any(len(each) % 12 for each in data):
            found.append(Problem("index", f"block {row[0] - 1}", "its trigrams cannot be read"))
    return found
