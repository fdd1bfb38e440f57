"""Messages: taking one in with all that belongs to it, reading it back, letting unused ones go."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select

from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.examination import Index
from mssmail.core.findings import DocumentFacts
from mssmail.core.lane import name_lane
from mssmail.core.mailbox import UID
from mssmail.core.message import Span
from mssmail.core.parameters import (
    NO_PARAMETERS,
    PLAIN_MAIL,
    MailParameters,
    RecipientParameters,
    parse_mail_parameters,
)
from mssmail.core.queue import QueueState
from mssmail.errors import NoSuchAccount
from mssmail.journal import Entry
from mssmail.store.bodies import Body, drop_bodies, read_body, refer_to_body
from mssmail.store.columns import Moment
from mssmail.store.counters import Move, count_deleted, count_unseen, move_counters_by_name
from mssmail.store.documents import keep_documents
from mssmail.store.flags import encode_flags
from mssmail.store.journal import append_entries
from mssmail.store.listings import keep_listing
from mssmail.store.prepared import Prepared, read_id
from mssmail.store.schema import HOLDERS, bodies, mailbox_rows, messages, queue
from mssmail.store.signers import keep_signer

INBOX = "INBOX"
PAGE = 500  # values in one IN (…): SQLite and PostgreSQL both have limits

# Statements of the hot path stand ready: building one costs more than running it.
_INSERT_MESSAGE = Prepared(
    insert(messages).returning(messages.c.id), [column.name for column in messages.columns if column.name != "id"]
)
_INSERT_ROW = Prepared(insert(mailbox_rows), mailbox_rows.columns.keys())
_ITEM = (
    "message_id",
    "recipient",
    "state",
    "attempts",
    "queued_at",
    "next_try_at",
    "last_error",
    "parameters",
    "delays_told",
    "lane",
    "crashes",
    "last_facts",
)
_INSERT_ITEM = Prepared(insert(queue).returning(queue.c.id), _ITEM)
_LOAD_MESSAGE = Prepared(
    select(
        bodies.c.sha256,
        messages.c.length,
        messages.c.trace_id,
        messages.c.prefix,
        messages.c.relay_prefix,
        messages.c.reverse_path,
        messages.c.received_at,
        messages.c.summary,
        messages.c.evidence,
        messages.c.parameters,
    )
    .join(bodies, bodies.c.id == messages.c.body_id)
    .where(messages.c.id == bindparam("of_message"))
)


@dataclass(frozen=True, slots=True)
class Placement:
    """A mailbox of an account that gets the message. A mailbox that does not exist (any more) means INBOX."""

    account_id: int
    mailbox: str = INBOX
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to be taken. ``prefix`` is what we add for our own readers, ``relay_prefix`` what peers get instead.

    ``asked`` holds the parameters of those recipients in ``queue`` that came with some.
    """

    trace_id: str
    body: Body
    prefix: bytes
    index: Index
    summary: str  # the verdict in a word
    evidence: str  # JSON: what judging found
    reverse_path: ReversePath
    received_at: datetime
    placements: tuple[Placement, ...] = ()
    queue: tuple[Address, ...] = ()
    entries: tuple[Entry, ...] = ()
    relay_prefix: bytes = b""
    documents: tuple[DocumentFacts, ...] = ()
    parameters: MailParameters = PLAIN_MAIL
    asked: Mapping[Address, RecipientParameters] = field(default_factory=dict)
    author: Address | None = None  # From's, when a signature or a sign-in vouches for it
    signer: tuple[str, int] | None = None  # (issuer key, serial) of ``trust.later``: news may come of it


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the message now is: ring the mailbox's bell."""

    mailbox_id: int
    account_id: int
    uid: UID


@dataclass(frozen=True, slots=True)
class Delivered:
    """What ``deliver`` did."""

    message_id: int
    placed: tuple[Placed, ...]
    queue_ids: tuple[int, ...]
    is_posted: bool = False  # for the members of a list, too: who serves lists has something to do


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message read back whole, for relaying and for evidence."""

    id: int
    trace_id: str
    sha256: str
    data: bytes
    prefix: bytes
    relay_prefix: bytes
    reverse_path: ReversePath
    received_at: datetime
    summary: str
    evidence: str
    parameters: MailParameters = PLAIN_MAIL


def deliver(conn: Connection, delivery: Delivery) -> Delivered:
    """Take the message: row, places with UID and ModSeq, queue items, journal. All or, with NoSuchAccount, nothing."""
    message_id = insert_message(conn, delivery)
    size = len(delivery.prefix) + len(delivery.body.data) - sum(len(cut) for cut in delivery.index.cuts)
    placed = tuple(
        place_message(conn, placement, message_id, size, delivery.received_at) for placement in delivery.placements
    )
    keep_documents(conn, message_id, delivery.documents, delivery.received_at)
    if delivery.signer is not None:
        keep_signer(conn, message_id, *delivery.signer)
    queue_ids = tuple(_queue(conn, message_id, recipient, delivery) for recipient in delivery.queue)
    append_entries(conn, delivery.entries)
    return Delivered(message_id, placed, queue_ids)


def insert_message(conn: Connection, delivery: Delivery) -> int:
    """The new message's id; without a place or a queue item it would be ``fsck``'s."""
    index = delivery.index
    values = {
        "trace_id": delivery.trace_id,
        "body_id": refer_to_body(conn, delivery.body),
        "length": len(delivery.body.data),
        "header_start": index.header.start,
        "header_end": index.header.end,
        "cuts": json.dumps([(cut.start, cut.end) for cut in index.cuts]),
        "subject": index.subject,
        "sender": index.sender,
        "to": index.to,
        "cc": index.cc,
        "bcc": index.bcc,
        "header_message_id": index.message_id,
        "sent_on": index.sent_on,
        "prefix": delivery.prefix,
        "relay_prefix": delivery.relay_prefix,
        "envelope": index.envelope,
        "body": index.body,
        "bodystructure": index.bodystructure,
        "parts": index.parts,
        "reverse_path": None if delivery.reverse_path is None else str(delivery.reverse_path),
        "parameters": delivery.parameters.encode(),
        "summary": delivery.summary,
        "evidence": delivery.evidence,
        "received_at": delivery.received_at,
    }
    message_id = read_id(_INSERT_MESSAGE.fetch(conn, values))
    if index.listing is not None:
        keep_listing(conn, message_id, delivery.prefix, index.listing)
    return message_id


def load_message(conn: Connection, message_id: int) -> KeptMessage | None:
    """The message with its bytes; None when it has gone."""
    row = _LOAD_MESSAGE.fetch(conn, {"of_message": message_id})
    if row is None:
        return None
    sha256, length, trace_id, prefix, relay_prefix, reverse_path, at, summary, evidence, parameters = row
    received_at = Moment().process_result_value(at, conn.dialect)
    if received_at is None:
        raise ValueError("a message was received at some time")
    return KeptMessage(
        id=message_id,
        trace_id=trace_id,
        sha256=sha256.hex(),
        data=read_body(conn, message_id, Span(0, length)),
        prefix=prefix,
        relay_prefix=relay_prefix,
        reverse_path=None if reverse_path is None else parse_address(reverse_path),
        received_at=received_at,
        summary=summary,
        evidence=evidence,
        parameters=parse_mail_parameters(parameters),
    )


def find_by_trace(conn: Connection, trace_id: str) -> Sequence[int]:
    """Ids of the messages that bear this trace id."""
    return list(conn.execute(select(messages.c.id).where(messages.c.trace_id == trace_id)).scalars())


def is_unused() -> list[ColumnElement[bool]]:
    """Conditions on ``messages``: nothing holds the message any more."""
    return [~select(column).where(column == messages.c.id).exists() for column in HOLDERS]


_DROP_MESSAGE = Prepared(
    delete(messages).where(messages.c.id == bindparam("of_message")).where(*is_unused()).returning(messages.c.body_id)
)


def drop_unused_messages(conn: Connection, message_ids: Iterable[int]) -> None:
    """Remove those of these messages that are in no mailbox, not on their way to a peer, and not needed otherwise."""
    ordered = sorted(set(message_ids))
    if len(ordered) == 1:  # the end of every delivery
        gone = _DROP_MESSAGE.fetch(conn, {"of_message": ordered[0]})
        if gone is not None:
            drop_bodies(conn, [gone[0]])
        return
    for start in range(0, len(ordered), PAGE):
        unused = (
            delete(messages)
            .where(messages.c.id.in_(ordered[start : start + PAGE]))
            .where(*is_unused())
            .returning(messages.c.body_id)
        )
        drop_bodies(conn, sorted(set(conn.execute(unused).scalars())))


def place_message(conn: Connection, placement: Placement, message_id: int, size: int, now: datetime) -> Placed:
    """Give a message that is kept already a place; ``size`` is the view's. Raises NoSuchAccount."""
    bits, keywords = encode_flags(placement.flags)
    move = Move(uids=1, messages=1, unseen=count_unseen(bits), deleted=count_deleted(bits), size=size)
    account_id = placement.account_id
    moved = move_counters_by_name(conn, account_id, placement.mailbox, move)
    moved = moved or move_counters_by_name(conn, account_id, INBOX, move)
    if moved is None:
        raise NoSuchAccount("the account has gone", account_id=account_id)
    values = {
        "mailbox_id": moved.mailbox_id,
        "uid": moved.first_uid,
        "message_id": message_id,
        "modseq": moved.modseq,
        "born_modseq": moved.modseq,
        "flags": bits,
        "keywords": keywords,
        "internal_date": now,
        "saved_at": now,
        "size": size,
    }
    _INSERT_ROW.run(conn, (values,))
    return Placed(moved.mailbox_id, account_id, UID(moved.first_uid))


def _queue(conn: Connection, message_id: int, recipient: Address, delivery: Delivery) -> int:
    parameters = delivery.asked.get(recipient, NO_PARAMETERS)
    return queue_message(conn, message_id, recipient, delivery.received_at, parameters)


def queue_message(
    conn: Connection, message_id: int, recipient: Address, now: datetime, parameters: RecipientParameters
) -> int:
    """Put a message that is kept already on its way to somebody; the item's id."""
    values = {
        "message_id": message_id,
        "recipient": str(recipient),
        "state": QueueState.WAITING.value,
        "attempts": 0,
        "queued_at": now,
        "next_try_at": now,
        "last_error": "",
        "parameters": parameters.encode(),
        "delays_told": 0,
        "lane": name_lane(recipient),
        "crashes": 0,
        "last_facts": "{}",
    }
    return read_id(_INSERT_ITEM.fetch(conn, values))
