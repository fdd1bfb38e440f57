"""Distribution lists: who writes to them, and where a message to one stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mssmail.core.address import Address


class Posting(Enum):
    """Who may write to a list, beside its owner, its moderators and the writers named."""

    CLOSED = "closed"  # nobody else
    MEMBERS = "members"
    ANYONE = "anyone"  # every member of the trust space


class Role(Enum):
    """What an address may do with a list."""

    MODERATOR = "moderator"
    WRITER = "writer"


@dataclass(frozen=True, slots=True)
class MailList:
    """A list. ``moderated``: what writers and members send waits for a moderator; owner and moderators never wait.

    A member whose mail came back ``max_bounces`` times gets no more until somebody looks (0: never mind).
    """

    id: int
    address: Address
    name: str
    owner: Address
    posting: Posting
    moderated: bool
    max_bounces: int
    created_at: datetime


class PostState(Enum):
    """Where a message to a list stands."""

    HELD = "held"  # waits for a moderator
    REJECTED = "rejected"
    EXPANDING = "expanding"  # its members are being written down
    SENDING = "sending"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Post:
    """A message to a list. ``trace_id`` is that of the message; ``message_id`` is None once it is done or rejected."""

    id: int
    list_id: int
    message_id: int | None
    trace_id: str
    author: str
    subject: str
    state: PostState
    decided_by: str
    created_at: datetime
    finished_at: datetime | None


class MemberState(Enum):
    """How far a message is on its way to one member."""

    PENDING = "pending"
    QUEUED = "queued"
    DELIVERED = "delivered"  # in a box here, or taken by the member's operator
    FAILED = "failed"
    BOUNCED = "bounced"  # taken, and then a report came
