"""What a message taken means for connectors: deliveries owed in the transaction that delivers it."""

from datetime import datetime

from mssmail.core.filing import NewFiling
from mssmail.core.findings import Findings
from mssmail.core.verdict import Verdict
from mssmail.flows.intake import Also
from mssmail.policy.filing import KINDS, find_patient, may_file
from mssmail.settings import Settings
from mssmail.store.accounts import load_account
from mssmail.store.engine import Connection
from mssmail.store.filings import order_filing
from mssmail.store.messages import Delivered


def plan_filing_steps(
    settings: Settings, trace_id: str, findings: Findings, verdict: Verdict | None, at: datetime
) -> tuple[Also, ...]:
    """Owe the message's documents to the connectors of the accounts it is delivered to; mostly nothing."""
    if not settings.connector or not may_file(findings, verdict):
        return ()
    patient = find_patient(findings)

    def order(conn: Connection, delivered: Delivered) -> None:
        for account_id in sorted({placed.account_id for placed in delivered.placed}):
            account = load_account(conn, account_id)
            connector = settings.find_connector(account.address)
            if connector is not None and account.kind in KINDS:
                order_filing(
                    conn, delivered.message_id, NewFiling(trace_id, connector.name, account.address, patient, at)
                )

    return (order,)
