"""Queued mail that turns out to be for us: members of lists, full boxes behind aliases, domains that became ours."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from mssmail.core.address import ReversePath
from mssmail.core.queue import LastWord, QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.core.trace import build_delivered_to, insert_trail
from mssmail.delivery.outcome import Deferred, Failed, Outcome
from mssmail.flows.bell import Bells
from mssmail.flows.distribution import Distributor, Passed
from mssmail.journal import Entry, Event
from mssmail.policy.expansion import End, Expansion
from mssmail.store.accounts import has_room
from mssmail.store.copies import copy_message, measure_view
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.messages import KeptMessage, Placed, Placement, load_message, place_message, queue_message
from mssmail.store.queue import settle
from mssmail.store.return_paths import Original, create_return_path

_NOBODY = Failed(Reply(550, "5.1.1", "No such account here"), is_ours=True)
_HERE = Reply(250, "2.1.5", "Delivered here")
_TOO_MANY = Deferred("the address leads to too many others; make a list of them")
_FULL = Deferred("the account is full", Reply(452, "4.2.2", "The account is full"))


class LocalDelivery:
    """Puts queued messages into boxes here, with the end of their items in the same transaction."""

    def __init__(self, store: Store, distributor: Distributor, bells: Bells) -> None:
        self._store, self._distributor, self._bells = store, distributor, bells

    async def deliver(self, items: Sequence[QueueItem], now: datetime) -> list[Outcome | None]:
        """How each item of one message ended; None: it is delivered and settled."""
        done = await asyncio.shield(
            asyncio.wrap_future(self._store.submit(lambda conn: self._deliver_all(conn, items, now)))
        )
        self._bells.ring(*(each.mailbox_id for _, placed in done for each in placed))
        return [outcome for outcome, _ in done]

    def _deliver_all(
        self, conn: Connection, items: Sequence[QueueItem], now: datetime
    ) -> list[tuple[Outcome | None, list[Placed]]]:
        message = load_message(conn, items[0].message_id)
        if message is None:
            return [(None, []) for _ in items]
        passed = Passed(message.relay_prefix + message.data)
        return [self._deliver(conn, message, item, passed, now) for item in items]

    def _deliver(
        self, conn: Connection, message: KeptMessage, item: QueueItem, passed: Passed, now: datetime
    ) -> tuple[Outcome | None, list[Placed]]:
        found = self._distributor.expand(conn, item.recipient, passed)
        if not found.ends:
            return _NOBODY, []
        if found.overflowed:
            return _TOO_MANY, []
        if len(found.ends) == 1 and found.ends[0].station is not None and not self._has_room(conn, message, found):
            return _FULL, []
        placed = [each for end in found.ends for each in self._reach(conn, message, item, end, now)]
        settle(conn, item.id, QueueState.DONE, last=LastWord(_HERE), at=now)
        return None, placed

    def _has_room(self, conn: Connection, message: KeptMessage, found: Expansion) -> bool:
        station = found.ends[0].station
        if station is None or station.account_id is None or not station.has_quota:
            return True
        return has_room(conn, station.account_id, measure_view(conn, message.id))

    def _reach(self, conn: Connection, message: KeptMessage, item: QueueItem, end: End, now: datetime) -> list[Placed]:
        """One end: a place of the message, or of a copy that tells by which addresses it came."""
        message_id = message.id if not end.trail else self._copy(conn, message, item, end, now)
        via: dict[str, object] = {"via": [str(each) for each in end.trail]} if end.trail else {}
        station = end.station
        if station is None or station.account_id is None:
            queue_message(conn, message_id, end.address, now, item.parameters)
            append_entries(conn, (Entry(now, Event.QUEUED, item.trace_id, {"recipient": str(end.address), **via}),))
            return []
        size = measure_view(conn, message_id)
        if station.has_quota and end.trail and not has_room(conn, station.account_id, size):
            queue_message(conn, message_id, end.address, now, item.parameters)
            return []
        placed = place_message(conn, Placement(station.account_id), message_id, size, now)
        append_entries(conn, (Entry(now, Event.DELIVERED, item.trace_id, {"account": str(end.address), **via}),))
        return [placed]

    def _copy(self, conn: Connection, message: KeptMessage, item: QueueItem, end: End, now: datetime) -> int:
        return copy_message(
            conn,
            message.id,
            prefix=insert_trail(message.prefix, end.trail),
            relay_prefix=build_delivered_to(end.trail) + message.relay_prefix,
            reverse_path=self._find_reverse_path(conn, message, item, end, now),
        )

    def _find_reverse_path(
        self, conn: Connection, message: KeptMessage, item: QueueItem, end: End, now: datetime
    ) -> ReversePath:
        sender = message.reverse_path
        if sender is None or end.station is not None or self._distributor.is_own(sender.domain):
            return sender
        original = Original(sender, item.recipient, message.trace_id, item.mail, item.parameters)
        until = now + self._distributor.lifetime
        return create_return_path(conn, original, end.trail[0].domain, 1, now, until)
