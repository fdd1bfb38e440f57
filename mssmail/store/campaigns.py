"""Campaigns and their ledger: who was written to, in the very transaction that takes the message."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from mssmail.core.address import Address, parse_address
from mssmail.core.campaign import Campaign, CampaignRow, RowState
from mssmail.store.campaign_tables import campaign_rows, campaigns
from mssmail.store.messages import PAGE

NewRow = tuple[int, Address, bytes]
"""Row number in the file, recipient, message."""


def open_campaign(conn: Connection, account: Address, name: str, at: datetime) -> Campaign:
    """The account's campaign of this name, new or as it stands."""
    found = find_campaign(conn, account, name)
    if found is not None:
        return found
    values = {"account": str(account), "name": name, "created_at": at}
    made = conn.execute(insert(campaigns).values(values).returning(campaigns.c.id)).scalar_one()
    return Campaign(made, account, name, at)


def find_campaign(conn: Connection, account: Address, name: str) -> Campaign | None:
    """The account's campaign of this name."""
    wanted = select(campaigns).where(campaigns.c.account == str(account), campaigns.c.name == name)
    row = conn.execute(wanted).first()
    return None if row is None else _build_campaign(row)


def list_campaigns(conn: Connection) -> Sequence[Campaign]:
    """All campaigns that are remembered, oldest first."""
    return [_build_campaign(row) for row in conn.execute(select(campaigns).order_by(campaigns.c.id))]


def add_rows(conn: Connection, campaign: Campaign, rows: Sequence[NewRow], at: datetime) -> int:
    """Put recipients into the ledger, due now; how many. Who is in it already stays as he is: nobody is told twice.

    Who was refused before gets another try with the new message.
    """
    added = 0
    for number, recipient, data in rows:
        mine = campaign_rows.c.campaign_id == campaign.id, campaign_rows.c.recipient == _write(recipient)
        state = conn.execute(select(campaign_rows.c.state).where(*mine)).scalar()
        if state not in {None, RowState.REFUSED.value}:
            continue
        conn.execute(delete(campaign_rows).where(*mine))
        values = {
            "campaign_id": campaign.id,
            "recipient": _write(recipient),
            "number": number,
            "data": data,
            "state": RowState.WAITING.value,
            "attempts": 0,
            "next_try_at": at,
            "trace_id": "",
            "outcome": "",
        }
        conn.execute(insert(campaign_rows).values(values))
        added += 1
    return added


def list_due_rows(conn: Connection, now: datetime, limit: int = 20) -> Sequence[tuple[Campaign, CampaignRow]]:
    """What is to be sent now, oldest first."""
    wanted = (
        select(campaign_rows, campaigns.c.account, campaigns.c.name, campaigns.c.created_at)
        .join(campaigns, campaigns.c.id == campaign_rows.c.campaign_id)
        .where(campaign_rows.c.state == RowState.WAITING.value, campaign_rows.c.next_try_at <= now)
        # The order of the index, whatever its length: sorting by row number would read all that waits each time.
        .order_by(campaign_rows.c.next_try_at, campaign_rows.c.campaign_id, campaign_rows.c.recipient)
        .limit(limit)
    )
    return [
        (Campaign(row.campaign_id, parse_address(row.account), row.name, row.created_at), _build_row(row))
        for row in conn.execute(wanted)
    ]


def list_rows(conn: Connection, campaign: Campaign) -> Sequence[CampaignRow]:
    """The whole ledger of a campaign in the order of the file, without the messages."""
    wanted = select(*(column for column in campaign_rows.c if column.name != "data")).where(
        campaign_rows.c.campaign_id == campaign.id
    )
    return [_build_row(row) for row in conn.execute(wanted.order_by(campaign_rows.c.number, campaign_rows.c.recipient))]


def count_rows(conn: Connection, campaign: Campaign) -> dict[RowState, int]:
    """How many recipients are how far."""
    counted = conn.execute(
        select(campaign_rows.c.state, func.count())
        .where(campaign_rows.c.campaign_id == campaign.id)
        .group_by(campaign_rows.c.state)
    )
    found: dict[str, int] = {state: number for state, number in counted}
    return {state: found.get(state.value, 0) for state in RowState}


def has_fresh_rows(conn: Connection, campaign: Campaign) -> bool:
    """Somebody waits who was not put off for later."""
    wanted = select(campaign_rows.c.recipient).where(
        campaign_rows.c.campaign_id == campaign.id,
        campaign_rows.c.state == RowState.WAITING.value,
        campaign_rows.c.outcome == "",
    )
    return conn.execute(wanted.limit(1)).first() is not None


def settle_row(conn: Connection, row: CampaignRow, state: RowState, trace_id: str, outcome: str = "") -> bool:
    """Note how a recipient's message ended, and forget its text; False when it was settled before."""
    values: dict[str, object] = {"state": state.value, "trace_id": trace_id, "outcome": outcome, "data": b""}
    return _change_waiting(conn, row, values)


def put_off_row(conn: Connection, row: CampaignRow, until: datetime, why: str) -> bool:
    """Try again then."""
    return _change_waiting(conn, row, {"next_try_at": until, "attempts": row.attempts + 1, "outcome": why})


def forget_campaigns(conn: Connection, before: datetime) -> int:
    """Forget campaigns begun before this moment of which nothing waits any more; how many."""
    waits = select(campaign_rows.c.recipient).where(
        campaign_rows.c.campaign_id == campaigns.c.id, campaign_rows.c.state == RowState.WAITING.value
    )
    old = select(campaigns.c.id).where(campaigns.c.created_at < before, ~waits.exists()).limit(PAGE)
    return conn.execute(delete(campaigns).where(campaigns.c.id.in_(old))).rowcount


def _change_waiting(conn: Connection, row: CampaignRow, values: dict[str, object]) -> bool:
    mine = (
        campaign_rows.c.campaign_id == row.campaign_id,
        campaign_rows.c.recipient == _write(row.recipient),
        campaign_rows.c.state == RowState.WAITING.value,
    )
    return conn.execute(update(campaign_rows).where(*mine).values(values)).rowcount > 0


def _write(address: Address) -> str:
    """One spelling for each recipient."""
    return str(Address(address.local.lower(), address.domain))


def _build_campaign(row: Row[*tuple[Any, ...]]) -> Campaign:
    return Campaign(row.id, parse_address(row.account), row.name, row.created_at)


def _build_row(row: Row[*tuple[Any, ...]]) -> CampaignRow:
    return CampaignRow(
        campaign_id=row.campaign_id,
        number=row.number,
        recipient=parse_address(row.recipient),
        data=getattr(row, "data", b""),
        state=RowState(row.state),
        attempts=row.attempts,
        trace_id=row.trace_id,
        outcome=row.outcome,
    )
