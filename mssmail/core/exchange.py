"""An exchange between a professional and a patient: opened by the professional, closed by the professional."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mssmail.core.address import Address


class ExchangeState(Enum):
    """What is known between a professional and a patient."""

    NONE = "none"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange. ``closed_at`` is None while the patient may answer."""

    id: int
    professional: str  # address key
    patient: str  # address key
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None = None

    @property
    def state(self) -> ExchangeState:
        """Open or closed."""
        return ExchangeState.OPEN if self.closed_at is None else ExchangeState.CLOSED


@dataclass(frozen=True, slots=True)
class Answered:
    """What a patient's answer to one professional meets: the exchange it names, and any between the two."""

    professional: Address
    named: ExchangeState = ExchangeState.NONE
    any: ExchangeState = ExchangeState.NONE  # OPEN when one of several is


@dataclass(frozen=True, slots=True)
class Thread:
    """How a message stands in its thread: its Message-ID and those it names as before it."""

    message_id: str
    references: tuple[str, ...] = ()
