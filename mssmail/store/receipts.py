"""Receipts that are owed: ordered in the transaction of what they tell, sent later, once per message and account."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from mssmail.core.address import Address, parse_address
from mssmail.core.mailbox import UID, StoreAction
from mssmail.core.receipt import Disposition, DispositionType, FilingError, ReceiptOrder
from mssmail.store.mailboxes import IS_THERE
from mssmail.store.messages import PAGE, drop_unused_messages
from mssmail.store.receipt_tables import receipts, sent_mail
from mssmail.store.rows import FlagChange, store_flags
from mssmail.store.schema import mailbox_rows, mailboxes


class ReceiptState(Enum):
    """How far a receipt is."""

    WAITING = "waiting"
    SENT = "sent"
    DECLINED = "declined"  # a rule forbids it


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A receipt with its place; ``outcome`` is its own trace id once sent, or the rule that declined it."""

    id: int
    order: ReceiptOrder
    state: ReceiptState
    attempts: int
    outcome: str


def order_receipt(conn: Connection, order: ReceiptOrder) -> bool:
    """Owe a receipt, durable with this transaction; False when one was ordered before for this message and account.

    The message is kept until the receipt is settled. Wake ``flows.receipts`` after the commit.
    """
    known = select(receipts.c.id).where(
        receipts.c.trace_id == order.trace_id, receipts.c.recipient == _write(order.recipient)
    )
    if conn.execute(known).first() is not None:
        return False
    error = order.disposition.error
    values = {
        "message_id": order.message_id,
        "trace_id": order.trace_id,
        "recipient": _write(order.recipient),
        "disposition": order.disposition.type.value,
        "code": None if error is None else error.value,
        "note": order.disposition.note,
        "state": ReceiptState.WAITING.value,
        "attempts": 0,
        "ordered_at": order.ordered_at,
        "next_try_at": order.ordered_at,
        "outcome": "",
    }
    conn.execute(insert(receipts).values(values))
    return True


def list_due(conn: Connection, now: datetime, limit: int = 32) -> Sequence[KeptReceipt]:
    """Receipts to be sent now, oldest first."""
    wanted = select(receipts).where(receipts.c.state == ReceiptState.WAITING.value, receipts.c.next_try_at <= now)
    return [_build(row) for row in conn.execute(wanted.order_by(receipts.c.next_try_at, receipts.c.id).limit(limit))]


def find_next_due(conn: Connection) -> datetime | None:
    """When the next receipt comes due; None: nothing is owed."""
    wanted = select(func.min(receipts.c.next_try_at)).where(receipts.c.state == ReceiptState.WAITING.value)
    found: datetime | None = conn.execute(wanted).scalar()
    return found


def list_receipts(conn: Connection, trace_id: str) -> Sequence[KeptReceipt]:
    """The receipts owed or sent for one message."""
    wanted = select(receipts).where(receipts.c.trace_id == trace_id).order_by(receipts.c.id)
    return [_build(row) for row in conn.execute(wanted)]


def settle_receipt(conn: Connection, receipt_id: int, state: ReceiptState, outcome: str) -> bool:
    """Note that a receipt was sent or declined, and let its message go; False when it was settled before."""
    mine = receipts.c.id == receipt_id, receipts.c.state == ReceiptState.WAITING.value
    message_id = conn.execute(select(receipts.c.message_id).where(*mine)).scalar()
    if message_id is None:
        return False
    values = {"state": state.value, "outcome": outcome, "message_id": None}
    conn.execute(update(receipts).where(receipts.c.id == receipt_id).values(values))
    drop_unused_messages(conn, [message_id])
    return True


def mark_answered(conn: Connection, message_id: int, account_id: int) -> tuple[int, ...]:
    """Say by ``$MDNSent`` that a receipt was sent: no client sends another (RFC 3503). The mailboxes touched."""
    held = (
        select(mailbox_rows.c.mailbox_id, mailbox_rows.c.uid)
        .join(mailboxes, mailboxes.c.id == mailbox_rows.c.mailbox_id)
        .where(mailbox_rows.c.message_id == message_id, mailboxes.c.account_id == account_id, IS_THERE)
    )
    change = FlagChange(StoreAction.ADD, frozenset({"$MDNSent"}))
    touched = [(mailbox_id, UID(uid)) for mailbox_id, uid in conn.execute(held)]
    for mailbox_id, uid in touched:
        store_flags(conn, mailbox_id, [uid], change)
    return tuple(dict.fromkeys(mailbox_id for mailbox_id, _ in touched))


def put_off_receipt(conn: Connection, receipt_id: int, until: datetime, why: str) -> None:
    """Try again then."""
    values = {"next_try_at": until, "attempts": receipts.c.attempts + 1, "outcome": why}
    conn.execute(update(receipts).where(receipts.c.id == receipt_id).values(values))


@dataclass(frozen=True, slots=True)
class SentMail:
    """A message of ours that asked for a receipt."""

    header_message_id: str
    sender: Address
    trace_id: str
    recipients: tuple[str, ...]  # keys
    sent_at: datetime


def remember_sent(conn: Connection, sent: SentMail) -> None:
    """Remember it for the answers; a Message-ID used again is the newer message's."""
    mine = sent_mail.c.header_message_id == sent.header_message_id, sent_mail.c.sender == sent.sender.key
    conn.execute(delete(sent_mail).where(*mine))
    values = {
        "header_message_id": sent.header_message_id,
        "sender": sent.sender.key,
        "trace_id": sent.trace_id,
        "recipients": json.dumps(sent.recipients),
        "sent_at": sent.sent_at,
    }
    conn.execute(insert(sent_mail).values(values))


def find_sent(conn: Connection, header_message_id: str, sender: Address) -> SentMail | None:
    """The message of this account that bears this Message-ID, if it asked for a receipt not too long ago."""
    wanted = select(sent_mail).where(
        sent_mail.c.header_message_id == header_message_id, sent_mail.c.sender == sender.key
    )
    row = conn.execute(wanted).first()
    if row is None:
        return None
    return SentMail(row.header_message_id, sender, row.trace_id, tuple(json.loads(row.recipients)), row.sent_at)


def forget_receipts(conn: Connection, before: datetime) -> int:
    """Forget what was settled or sent before this moment, a page at a time; how many rows that were."""
    settled = receipts.c.state != ReceiptState.WAITING.value
    old = select(receipts.c.id).where(receipts.c.ordered_at < before, settled).limit(PAGE)
    gone = conn.execute(delete(receipts).where(receipts.c.id.in_(old))).rowcount
    aged = select(sent_mail.c.header_message_id, sent_mail.c.sender).where(sent_mail.c.sent_at < before).limit(PAGE)
    for header_message_id, sender in conn.execute(aged).all():
        mine = sent_mail.c.header_message_id == header_message_id, sent_mail.c.sender == sender
        gone += conn.execute(delete(sent_mail).where(*mine)).rowcount
    return gone


def _write(address: Address) -> str:
    """The address as it is kept: one spelling for all that the account goes by."""
    return str(Address(address.local.lower(), address.domain))


def _build(row: Row[*tuple[Any, ...]]) -> KeptReceipt:
    error = None if row.code is None else FilingError(row.code)
    disposition = Disposition(DispositionType(row.disposition), error, row.note)
    order = ReceiptOrder(row.message_id or 0, row.trace_id, parse_address(row.recipient), disposition, row.ordered_at)
    return KeptReceipt(row.id, order, ReceiptState(row.state), row.attempts, row.outcome)
