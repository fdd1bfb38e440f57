"""Ending an item of the queue by hand: its sender is told, as if its server had refused it for good."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime

from mssmail.app.explanation import load_known_trust
from mssmail.core.clock import read_clock
from mssmail.core.examination import Examination
from mssmail.core.queue import QueueItem
from mssmail.core.reply import Reply, quote_text
from mssmail.delivery.outcome import Failed
from mssmail.examine import examine
from mssmail.flows.bell import Bells
from mssmail.flows.reports import Reporter
from mssmail.flows.settlement import Attempt, Settlement
from mssmail.settings import Settings
from mssmail.store.engine import Connection, Store
from mssmail.store.messages import load_message
from mssmail.store.queue import find_item
from mssmail.store.steering import take_out
from mssmail.trust.snapshot import TrustStore


class HereExaminer:
    """Examines in this process: our own reports, on the trust data that a server of these settings would begin with."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._trust: TrustStore | None = None

    async def examine(self, data: bytes, at: datetime, *, verify: bool) -> Examination:
        """Everything learnt from these bytes."""
        return await asyncio.to_thread(self._examine, data, at, verify=verify)

    def _examine(self, data: bytes, at: datetime, *, verify: bool) -> Examination:
        trust = self._trust = self._trust or load_known_trust(self._settings, at).store
        return examine(data, trust, at, authserv_id=self._settings.server.name, verify=verify)


def end_item(settings: Settings, store: Store, item_id: int, reason: str) -> bool:
    """Give the item up and report that to its sender; False when it is being sent, or has gone.

    It is held first: should this end half-way, it waits for people, and nothing is lost.
    """

    def take(conn: Connection) -> QueueItem | None:
        return find_item(conn, item_id) if take_out(conn, item_id) else None

    item = store.submit(take).result()
    if item is None:
        return False
    message = store.read(lambda conn: load_message(conn, item.message_id)).result()
    if message is None:
        return False
    text = f"Given up by an administrator{': ' if reason else ''}{quote_text(reason, 200)}"
    attempt = Attempt(item, Failed(Reply(554, "5.0.0", text), is_ours=True))
    asyncio.run(_build_settlement(settings, store, read_clock).settle(message, [attempt]))
    return True


def _build_settlement(settings: Settings, store: Store, clock: Callable[[], datetime]) -> Settlement:
    dice = random.Random()  # noqa: S311 - it spreads load, it hides nothing
    reporter = Reporter(settings, store, HereExaminer(settings))
    return Settlement(settings.queue, store, reporter, Bells(), clock, dice)
