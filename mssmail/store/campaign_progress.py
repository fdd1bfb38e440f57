"""What became of a campaign's messages after they were sent, as the journal tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection

from mssmail.core.campaign import CampaignRow, RowState
from mssmail.journal import Entry, Event
from mssmail.store.journal import read_entries


class Stage(Enum):
    """How far a recipient's message is, all told."""

    WAITING = "waiting"
    SENT = "sent"  # on its way
    DELIVERED = "delivered"  # in the patient's box, or with the patient's operator
    READ = "read"  # a receipt says so
    REFUSED = "refused"  # by us, or by the patient's operator


@dataclass(frozen=True, slots=True)
class Progress:
    """One recipient's line of the report; ``reason`` says why it waits or was refused."""

    row: CampaignRow
    stage: Stage
    reason: str = ""


def find_progress(conn: Connection, row: CampaignRow) -> Progress:
    """How far this recipient's message is."""
    if row.state is RowState.WAITING:
        return Progress(row, Stage.WAITING, row.outcome)
    if row.state is RowState.REFUSED:
        return Progress(row, Stage.REFUSED, row.outcome)
    return _judge(row, [kept.entry for kept in read_entries(conn, trace_id=row.trace_id)])


def _judge(row: CampaignRow, entries: Sequence[Entry]) -> Progress:
    """The last word counts, but a receipt is the best news there can be."""
    progress = Progress(row, Stage.SENT)
    for entry in entries:
        match entry.event:
            case Event.CONFIRMED if "doubt" not in entry.facts:
                return Progress(row, Stage.READ)
            case Event.RELAYED | Event.DELIVERED:
                progress = Progress(row, Stage.DELIVERED)
            case Event.BOUNCED:
                progress = Progress(row, Stage.REFUSED, str(entry.facts.get("reply") or entry.facts.get("reason", "")))
            case Event.DEFERRED:
                progress = Progress(row, Stage.SENT, str(entry.facts.get("reply") or entry.facts.get("reason", "")))
            case _:
                continue
    return progress
