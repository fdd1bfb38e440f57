"""Handing documents over to software that files them: values."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mssmail.core.address import Address
from mssmail.core.receipt import FilingError


class FilingState(Enum):
    """Where a delivery to a connector stands; what is settled has left the outbox."""

    WAITING = "waiting"
    DEAD = "dead"  # given up, for a person to look at


@dataclass(frozen=True, slots=True)
class NewFiling:
    """A delivery to be owed: the message of this row, for one connector, in the name of one account."""

    trace_id: str
    connector: str
    recipient: Address
    patient: str  # deliveries of one patient go one after another; empty: nobody knows whose
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Filing:
    """A delivery that is owed."""

    id: int
    message_id: int
    trace_id: str
    connector: str
    recipient: Address
    patient: str
    state: FilingState
    attempts: int
    queued_at: datetime
    next_try_at: datetime
    last_error: str

    @property
    def key(self) -> str:
        """The same at every attempt, so that the other side can tell a repetition."""
        return f"{self.trace_id}-{self.id}"


@dataclass(frozen=True, slots=True)
class Filed:
    """The other side has it."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The other side will not file it, whatever we do: its code and its words."""

    error: FilingError
    note: str = ""


@dataclass(frozen=True, slots=True)
class NotNow:
    """It did not work out; another attempt may."""

    reason: str


FilingOutcome = Filed | NotTaken | NotNow
