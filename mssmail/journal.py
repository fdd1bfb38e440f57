"""The audit trail's words: what may be written, and how an entry looks. Keeping it is the store's work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from mssmail.core.clock import require_aware


class Event(Enum):
    """What an entry tells."""

    RECEIVED = "received"  # a peer's message was taken
    SUBMITTED = "submitted"  # a client's message was taken
    REFUSED = "refused"
    DELIVERED = "delivered"  # into one account
    QUEUED = "queued"
    RELAYED = "relayed"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    SET_ASIDE = "set-aside"  # an item the server died on again and again is held for people
    RECEIPT = "receipt"  # an account's receipt for a message was sent or declined
    CONFIRMED = "confirmed"  # a receipt for a message of ours came in
    FILED = "filed"  # software has taken a message's documents
    FILING_FAILED = "filing-failed"
    EXCHANGE = "exchange"  # an exchange with a patient was opened, answered or closed
    FETCHED = "fetched"  # a body was read
    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    ADMIN = "admin"  # an administrator's act
    TRUST_CHANGED = "trust-changed"  # white list, CRL or anchors
    HANDSHAKE_FAILED = "handshake-failed"
    WORKER_DIED = "worker-died"  # of a message's bytes
    WOULD_REFUSE = "would-refuse"  # a rule in shadow, which changes no answer
    LATER_NEWS = "later-news"  # about a message taken before
    ALARM = "alarm"  # about a peer we talk to, or a certificate about to end
    QUARANTINED = "quarantined"  # bytes that ended several workers were put aside


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. ``trace_id`` ties the lines of one message or session; never a body, never a secret."""

    at: datetime
    event: Event
    trace_id: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_aware(self.at)
