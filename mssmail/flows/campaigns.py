"""Campaigns on their way: each row of the ledger is submitted as its account's program would, once, and settled so.

The command line only fills the ledger and looks at it. Whatever is killed, the command or the server: a row is settled
in the transaction that takes its message, so nobody gets it twice and nobody is forgotten.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from mssmail.core.account import Account
from mssmail.core.address import Address
from mssmail.core.campaign import CampaignRow, RowState
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.envelope import Envelope, Peer
from mssmail.core.message import RawMessage
from mssmail.core.reply import Reply
from mssmail.core.trace import build_id
from mssmail.flows.intake import Intake
from mssmail.flows.rounds import Rounds
from mssmail.flows.submit import Submitter
from mssmail.policy.recipient import Box, Taken, judge_submitted_recipient
from mssmail.policy.submission import judge_client
from mssmail.settings import Settings
from mssmail.store.accounts import find_account
from mssmail.store.campaigns import forget_campaigns, list_due_rows, put_off_row, settle_row

_log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
"""Between looks at the ledger, which another process fills."""

_WAITS: Final = (5, 30, 120, 600, 3_600)  # seconds after a temporary refusal or a fault of ours
_MAX_ATTEMPTS: Final = 30
_ORIGIN: Final = Peer("", 0, "campaign")


class CampaignSender:
    """Sends what the ledger holds, one message after another: other mail never waits behind a campaign."""

    def __init__(self, settings: Settings, intake: Intake, submitter: Submitter) -> None:
        self._settings, self._intake, self._submitter = settings, intake, submitter
        self._rounds = Rounds("campaigns cannot be sent now", self._serve, LOOK_SECONDS)

    async def start(self) -> None:
        """Begin; what an earlier process left is sent now."""
        await self._rounds.start()

    async def stop(self) -> None:
        """End after the message under way."""
        await self._rounds.stop(None)

    async def _serve(self) -> float:
        await self.send_due()
        return LOOK_SECONDS

    async def send_due(self) -> int:
        """Submit everything that is due; how many messages were taken."""
        taken, now, store = 0, self._intake.clock(), self._intake.store
        while not self._rounds.is_stopping:
            due = await asyncio.wrap_future(store.read(lambda conn: list_due_rows(conn, now)))
            if not due:
                break
            for campaign, row in due:
                if self._rounds.is_stopping:
                    break
                try:
                    taken += await self._send(campaign.account, row)
                except Exception as error:  # one row's fault must not keep the others waiting
                    _log.exception("row %d of campaign %d cannot be sent now", row.number, row.campaign_id)
                    await self._put_off(row, type(error).__name__)
        before = now - timedelta(days=self._settings.patient.remember_days)
        if taken:
            await asyncio.wrap_future(store.submit(lambda conn: forget_campaigns(conn, before)))
        return taken

    async def _send(self, author: Address, row: CampaignRow) -> bool:
        store, now = self._intake.store, self._intake.clock()
        account = await asyncio.wrap_future(store.read(lambda conn: find_account(conn, author)))
        envelope = Envelope(build_id(), author, (row.recipient,), _ORIGIN, RawMessage(row.data), now, author)
        decision = await self._judge(account, author, row)
        if isinstance(decision, Refuse):
            reply = await self._intake.refuse(envelope, decision)
        else:
            reply = await self._submitter.submit(
                envelope, [lambda conn, _delivered: settle_row(conn, row, RowState.SENT, envelope.id)]
            )
        if reply.code < 400:
            return True
        if reply.is_temporary:
            await self._put_off(row, str(reply))
        else:
            await self._refuse(row, envelope.id, reply)
        return False

    async def _judge(self, account: Account | None, author: Address, row: CampaignRow) -> Decision:
        """What MAIL and RCPT would be answered."""
        if account is None:
            return refuse("account-gone", 550, "5.7.1", "The campaign's account has gone")
        decision = judge_client(author, account)
        if isinstance(decision, Refuse):
            return decision
        recipient, trust, size = row.recipient, self._intake.trust, len(row.data)
        domain = self._settings.find_domain(recipient.domain)
        box = Box(None, None)
        if domain is not None:
            home, is_full = await self._intake.boxes.find_box(recipient, size)
            box = Box(domain, home, is_full)
        freshness = trust.freshness(self._intake.clock())
        decision = judge_submitted_recipient(recipient, box, Taken(0, 1), trust.white_list, freshness)
        if isinstance(decision, Accept):
            decision = await self._submitter.patients.judge_recipient(author, recipient, size)
        return decision

    async def _put_off(self, row: CampaignRow, why: str) -> None:
        if row.attempts >= _MAX_ATTEMPTS:
            await self._refuse(row, "", Reply(550, "5.4.7", "Given up after many tries"), why)
            return
        until = self._intake.clock() + timedelta(seconds=_WAITS[min(row.attempts, len(_WAITS) - 1)])
        await asyncio.wrap_future(self._intake.store.submit(lambda conn: put_off_row(conn, row, until, why)))

    async def _refuse(self, row: CampaignRow, trace_id: str, reply: Reply, why: str = "") -> None:
        told = f"{reply}: {why}" if why else str(reply)
        await asyncio.wrap_future(
            self._intake.store.submit(lambda conn: settle_row(conn, row, RowState.REFUSED, trace_id, told))
        )
