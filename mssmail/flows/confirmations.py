"""Receipts that come in: tied to the message of ours they answer, by its Message-ID, and written into its story."""

from datetime import datetime

from mssmail.core.address import Address
from mssmail.core.receipt import ReceivedReceipt
from mssmail.journal import Entry, Event
from mssmail.store.accounts import load_account
from mssmail.store.engine import Connection
from mssmail.store.journal import append_entries
from mssmail.store.messages import Delivered
from mssmail.store.receipts import find_sent


def confirm(
    conn: Connection,
    received: ReceivedReceipt | None,
    delivered: Delivered,
    receipt_id: str,
    author: Address | None,
    at: datetime,
) -> int:
    """Journal, under the sent message's own id, what a receipt just delivered tells of it; for how many messages.

    ``author`` is who wrote the receipt. Who is no recipient of the message, or speaks for somebody else's domain, may
    write one all the same: it is noted as such, for people to judge.
    """
    if received is None or not received.original_message_id:
        return 0
    confirmed = 0
    for account_id in dict.fromkeys(placed.account_id for placed in delivered.placed):
        sender = load_account(conn, account_id).address
        sent = find_sent(conn, received.original_message_id, sender)
        if sent is None:
            continue
        final = received.final_recipient.lower()
        facts: dict[str, object] = {
            "receipt": receipt_id,
            "recipient": received.final_recipient,
            "disposition": received.disposition,
            "automatic": received.is_automatic,
        }
        if received.errors:
            facts["errors"] = list(received.errors)
        if final not in sent.recipients or author is None or author.key != final:
            facts["doubt"] = (
                "written by somebody else than the recipient it names"
                if final in sent.recipients
                else ("names nobody the message was sent to")
            )
        append_entries(conn, [Entry(at, Event.CONFIRMED, sent.trace_id, facts)])
        confirmed += 1
    return confirmed
