"""Receipts on their way: owed in the transaction of what they tell, then judged, built, signed and sent in another.

Who has something to tell calls ``store.receipts.order_receipt`` in its own transaction and wakes the sender after the
commit. From there on nothing is lost: an order is settled in the transaction that delivers or queues its receipt, so a
crash at any step means another try, never a second receipt.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from mssmail.core.address import Address, ReversePath
from mssmail.core.clock import Clock, read_clock
from mssmail.core.decision import Decision, Refuse
from mssmail.core.receipt import Disposition, ReceiptOrder, ReceiptRequest
from mssmail.errors import Fault
from mssmail.flows.bell import Bells
from mssmail.flows.confirmations import confirm
from mssmail.flows.intake import Examiner, TrustSource
from mssmail.flows.receipt_letters import ReceiptLetters
from mssmail.flows.rounds import Rounds, find_wait
from mssmail.journal import Entry, Event
from mssmail.mime.parts import Part, scan
from mssmail.mime.receipt import read_receipt, read_request
from mssmail.policy.freshness import Freshness
from mssmail.policy.receipt import judge_receipt, may_tell_error_account
from mssmail.settings import Receipts, Settings
from mssmail.store.accounts import find_account, load_account
from mssmail.store.engine import Connection, Store
from mssmail.store.filings import is_filed
from mssmail.store.journal import append_entries
from mssmail.store.messages import Delivered, Delivery, KeptMessage, deliver, load_message
from mssmail.store.receipts import (
    KeptReceipt,
    ReceiptState,
    find_next_due,
    forget_receipts,
    list_due,
    mark_answered,
    order_receipt,
    put_off_receipt,
    settle_receipt,
)

_log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 5.0  # after a fault of ours
_WAITS: Final = (10, 60, 300, 900, 3_600)  # seconds after a fault of ours
_MAX_ATTEMPTS: Final = 60  # two days and a half; then the order is a poison


def order_automatic(
    conn: Connection,
    settings: Receipts,
    delivered: Delivered,
    trace_id: str,
    disposition: Disposition,
    at: datetime,
) -> int:
    """Owe the receipts that machines' accounts send by themselves for a message just delivered; how many.

    For a message that asks for one, in its own transaction. Whether the asker may have it is judged before it is sent.
    """
    own = {text.lower() for text in settings.own_receipts}
    owed = 0
    for placed in delivered.placed:
        account = load_account(conn, placed.account_id)
        if is_filed(conn, delivered.message_id, account.address):
            continue  # the software that files it has the word
        if account.kind in settings.automatic_kinds and account.address.key not in own:
            owed += order_receipt(conn, ReceiptOrder(delivered.message_id, trace_id, account.address, disposition, at))
    return owed


class ReceiptSender:
    """Sends what is owed. ``wake`` it when something was ordered."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        pool: Examiner,
        trust: TrustSource,
        bells: Bells,
        wake_queue: Callable[[], None],
        *,
        clock: Clock = read_clock,
    ) -> None:
        self._settings, self._store, self._pool, self._trust = settings, store, pool, trust
        self._bells, self._wake_queue, self._clock = bells, wake_queue, clock
        self._letters = ReceiptLetters(settings, store, pool)
        self._rounds = Rounds("receipts cannot be sent now", self._serve, _AGAIN_SECONDS)
        self._forgot_at: datetime | None = None

    async def start(self) -> None:
        """Begin; what was owed before the last stop is sent now."""
        await self._rounds.start()

    def wake(self) -> None:
        """Something was ordered."""
        self._rounds.wake()

    async def stop(self) -> None:
        """End after the receipt under way; the others wait in the store."""
        await self._rounds.stop(None)

    async def _serve(self) -> float:
        await self.send_due()
        await self._forget()
        return find_wait(await asyncio.wrap_future(self._store.read(find_next_due)), self._clock())

    async def send_due(self) -> int:
        """Settle everything that is due; how many receipts were sent."""
        sent = 0
        now = self._clock()
        while not self._rounds.is_stopping:
            due = await asyncio.wrap_future(self._store.read(lambda conn: list_due(conn, now)))
            for kept in due:
                try:
                    sent += await self._send(kept)
                except Exception as error:  # one order's fault must not keep the others waiting
                    _log.exception("the receipt for %s cannot be sent now", kept.order.trace_id)
                    await self._put_off(kept, type(error).__name__)
            if not due:
                break
        return sent

    async def _send(self, kept: KeptReceipt) -> bool:
        order, now = kept.order, self._clock()
        message = await asyncio.wrap_future(self._store.read(lambda conn: load_message(conn, order.message_id)))
        if message is None:  # nothing but a repaired database could have lost it
            await self._decline(kept, "message-gone", now)
            return False
        root = await asyncio.to_thread(scan, message.data)
        request = read_request(message.data, root)
        decision = self._judge(request, message.reverse_path, order.recipient, now)
        if isinstance(decision, Refuse):
            if may_tell_error_account(request, order.disposition, self._settings.receipts.error_account):
                return await self._send_error(kept, message, root, now)
            if decision.is_temporary:
                await self._put_off(kept, decision.rule)
            else:
                await self._decline(kept, decision.rule, now)
            return False
        delivery = await self._letters.write_receipt(order, message, root, now)
        if delivery is None:
            await self._decline(kept, "account-gone", now)
            return False
        return await self._hand_over(kept, delivery)

    async def _send_error(self, kept: KeptReceipt, message: KeptMessage, root: Part, now: datetime) -> bool:
        """Nobody asked, but somebody is appointed to hear of what software could not file."""
        delivery = await self._letters.write_error(kept.order, message, root, now)
        if delivery is None:
            await self._decline(kept, "account-gone", now)
            return False
        return await self._hand_over(kept, delivery)

    async def _hand_over(self, kept: KeptReceipt, delivery: Delivery) -> bool:
        done = await asyncio.shield(asyncio.wrap_future(self._store.submit(lambda conn: _write(conn, kept, delivery))))
        if done is None:
            return False
        self._bells.ring(*done)
        if delivery.queue:
            self._wake_queue()
        _log.info("receipt sent", extra={"id": kept.order.trace_id, "receipt": delivery.trace_id})
        return True

    def _judge(self, request: ReceiptRequest, path: ReversePath, recipient: Address, now: datetime) -> Decision:
        is_ours = bool(request.to) and self._settings.find_domain(request.to[0].domain) is not None
        usable = self._trust.freshness(now) is not Freshness.STALE
        return judge_receipt(
            request,
            path,
            recipient,
            is_ours=is_ours,
            white_list=self._trust.white_list if usable else None,
        )

    async def _decline(self, kept: KeptReceipt, rule: str, now: datetime) -> None:
        facts = {**_describe(kept), "outcome": "declined", "rule": rule}

        def write(conn: Connection) -> None:
            if settle_receipt(conn, kept.id, ReceiptState.DECLINED, rule):
                append_entries(conn, [Entry(now, Event.RECEIPT, kept.order.trace_id, facts)])

        await asyncio.wrap_future(self._store.submit(write))
        _log.info("receipt declined", extra={"id": kept.order.trace_id, "rule": rule})

    async def _put_off(self, kept: KeptReceipt, why: str) -> None:
        now = self._clock()
        if kept.attempts >= _MAX_ATTEMPTS:
            await self._decline(kept, f"given-up: {why}", now)
            return
        until = now + timedelta(seconds=_WAITS[min(kept.attempts, len(_WAITS) - 1)])
        await asyncio.wrap_future(self._store.submit(lambda conn: put_off_receipt(conn, kept.id, until, why)))

    async def _forget(self) -> None:
        """Once an hour, what is too old to be recognised is forgotten, some at a time."""
        now = self._clock()
        if self._forgot_at is not None and now - self._forgot_at < timedelta(hours=1):
            return
        before = now - timedelta(days=self._settings.receipts.remember_days)
        with suppress(Fault):
            if await asyncio.wrap_future(self._store.submit(lambda conn: forget_receipts(conn, before))) == 0:
                self._forgot_at = now


def _write(conn: Connection, kept: KeptReceipt, delivery: Delivery) -> tuple[int, ...] | None:
    """The mailboxes to ring for; None when the receipt was settled before."""
    if not settle_receipt(conn, kept.id, ReceiptState.SENT, delivery.trace_id):
        return None
    facts = {**_describe(kept), "outcome": "sent", "receipt": delivery.trace_id}
    append_entries(conn, [Entry(delivery.received_at, Event.RECEIPT, kept.order.trace_id, facts)])
    delivered = deliver(conn, delivery)
    rung = tuple(placed.mailbox_id for placed in delivered.placed)
    if delivery.reverse_path is not None:
        return rung  # an ordinary letter to who hears of errors: the sender has got no receipt
    account = find_account(conn, kept.order.recipient)
    marked = () if account is None else mark_answered(conn, kept.order.message_id, account.id)
    if delivery.placements:
        received = read_receipt(delivery.body.data, scan(delivery.body.data))
        confirm(conn, received, delivered, delivery.trace_id, kept.order.recipient, delivery.received_at)
    return rung + marked


def _describe(kept: KeptReceipt) -> dict[str, object]:
    disposition = kept.order.disposition
    facts: dict[str, object] = {"account": str(kept.order.recipient), "disposition": disposition.type.value}
    return facts if disposition.error is None else {**facts, "code": disposition.error.value}
