"""Mail on its way to peers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from mssmail.core.address import Address, ReversePath
from mssmail.core.parameters import NO_PARAMETERS, PLAIN_MAIL, MailParameters, RecipientParameters
from mssmail.core.reply import Reply


class QueueState(Enum):
    """Where an item stands."""

    WAITING = "waiting"
    SENDING = "sending"  # leased by a dispatcher until ``leased_until``
    HELD = "held"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LastWord:
    """How the last attempt ended: the peer's reply, our words for people, and facts (server, TLS, retry rule)."""

    reply: Reply | None = None
    error: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One recipient of one message. ``message_id`` is the store's key; ``trace_id`` the id that follows the message."""

    id: int
    trace_id: str
    message_id: int
    reverse_path: ReversePath
    recipient: Address
    state: QueueState
    attempts: int
    queued_at: datetime
    next_try_at: datetime
    leased_until: datetime | None = None
    last_reply: Reply | None = None
    last_error: str = ""
    mail: MailParameters = PLAIN_MAIL
    parameters: RecipientParameters = NO_PARAMETERS
    delays_told: int = 0  # delay reports the sender has had about it
    lane: str = ""  # what it waits in (core.lane)
    crashes: int = 0  # attempts in a row that the server did not survive, or that a fault of ours ended
    last_facts: Mapping[str, object] = field(default_factory=dict)  # of the last attempt: server, TLS, retry rule
    is_damaged: bool = False  # what the store holds of it cannot be read; it is held
