"""Lanes of the queue: what goes one way together, and what is known of the servers at its end."""

from dataclasses import dataclass
from datetime import datetime

from mssmail.core.address import Address
from mssmail.core.endpoint import Endpoint, parse_endpoint

_VIA = ">"  # in no domain of a mail address


@dataclass(frozen=True, slots=True)
class PeerState:
    """How the servers at a lane's end have behaved."""

    lane: str
    failures: int = 0
    """In a row: nobody there could be spoken to."""
    failed_since: datetime | None = None
    rests_until: datetime | None = None
    reason: str = ""
    tls_floor: str = ""
    """The newest TLS version they ever spoke with us (``TLSv1.3``); nothing older is believed any more."""


def name_lane(recipient: Address, via: Endpoint | None = None) -> str:
    """The lane of mail for this recipient: its domain, and the server it was redirected to, if it was."""
    return recipient.domain if via is None else f"{recipient.domain}{_VIA}{via}"


def read_via(lane: str) -> Endpoint | None:
    """The server an administrator has redirected this lane to, None when it goes the usual way."""
    _domain, sign, via = lane.partition(_VIA)
    return parse_endpoint(via) if sign else None
