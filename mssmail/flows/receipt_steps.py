"""What a message taken means for receipts: which are owed, which sent mail it confirms, which answers to expect."""

import asyncio
from datetime import datetime

from mssmail.core.envelope import Envelope
from mssmail.core.examination import Examination
from mssmail.flows.confirmations import confirm
from mssmail.flows.intake import Also
from mssmail.flows.receipts import order_automatic
from mssmail.mime.parts import scan
from mssmail.mime.receipt import asks_for_receipt, read_receipt
from mssmail.policy.receipt import judge_disposition
from mssmail.settings import Settings
from mssmail.store.receipts import SentMail, remember_sent


async def plan_receipt_steps(
    settings: Settings, envelope: Envelope, examination: Examination, at: datetime
) -> tuple[Also, ...]:
    """What is written about receipts in the transaction that takes this message; mostly nothing."""
    data, index = envelope.message.data, examination.index
    steps: list[Also] = []
    disposition = judge_disposition(examination.findings)
    asks = asks_for_receipt(data, index.header)
    if asks or (settings.receipts.error_account and disposition.error is not None):
        steps.append(
            lambda conn, delivered: order_automatic(conn, settings.receipts, delivered, envelope.id, disposition, at)
        )
    if asks:
        sender = envelope.reverse_path
        if envelope.login is not None and sender is not None and index.message_id:
            recipients = tuple(str(each).lower() for each in envelope.recipients)
            sent = SentMail(index.message_id, sender, envelope.id, recipients, at)
            steps.append(lambda conn, _delivered: remember_sent(conn, sent))
    if examination.may_be_receipt:
        root = await asyncio.to_thread(scan, data)
        received = read_receipt(data, root)
        if received is not None:
            author = examination.authors[0] if len(examination.authors) == 1 else None
            steps.append(lambda conn, delivered: confirm(conn, received, delivered, envelope.id, author, at))
    return tuple(steps)
