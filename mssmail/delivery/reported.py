"""What a delivery report is about: a message, and what became of some of its recipients."""

import re
from dataclasses import dataclass
from datetime import datetime

from mssmail.core.address import Address
from mssmail.core.parameters import PLAIN_MAIL, MailParameters, OriginalRecipient
from mssmail.core.reply import Reply
from mssmail.core.report import Action


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """What happened, and why: the peer's words if it said any (``server`` is then its name), else ours."""

    address: Address
    reply: Reply | None = None
    reason: str = ""
    server: str = ""
    attempted_at: datetime | None = None
    original: OriginalRecipient | None = None
    will_retry_until: datetime | None = None  # of a delay


@dataclass(frozen=True, slots=True)
class ReportedMessage:
    """The message as its sender gave it; how much of ``data`` is returned, ``parameters`` and the size decide."""

    sender: Address
    data: bytes
    trace_id: str
    arrived_at: datetime
    parameters: MailParameters = PLAIN_MAIL


@dataclass(frozen=True, slots=True)
class Report:
    """All of these recipients had the same fate."""

    action: Action
    message: ReportedMessage
    recipients: tuple[ReportedRecipient, ...]


def clean_text(text: str, longest: int = 900) -> str:
    """Foreign text fit for a field or a line: printable ASCII, cut."""
    return re.sub(r"[^\x20-\x7e]", "?", text)[:longest]
