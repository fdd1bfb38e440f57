"""A campaign: one message each to many patients, from a template; and how far each of them is."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mssmail.core.address import Address


class RowState(Enum):
    """How far one recipient's message is with us."""

    WAITING = "waiting"
    SENT = "sent"  # taken as a client's would be: delivered here, or in the queue
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign of an account; ``name`` tells it from the account's others."""

    id: int
    account: Address
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One recipient of a campaign. ``number`` is the row of the CSV file; ``data`` is empty once it is sent."""

    campaign_id: int
    number: int
    recipient: Address
    data: bytes
    state: RowState = RowState.WAITING
    attempts: int = 0
    trace_id: str = ""
    outcome: str = ""  # why it was refused, or is still waiting
