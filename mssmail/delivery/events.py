"""What our SMTP client is asked, and what it tells (see ``dialogue``)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mssmail.core.address import Address, ReversePath
from mssmail.core.parameters import PLAIN_MAIL, MailParameters, RecipientParameters
from mssmail.core.reply import Reply

_LIMIT_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Transaction:
    """One message for some recipients of one peer; ``asked`` are the parameters of those that have some."""

    reverse_path: ReversePath
    recipients: tuple[Address, ...]
    data: bytes
    parameters: MailParameters = PLAIN_MAIL
    asked: Mapping[Address, RecipientParameters] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.recipients:
            raise ValueError("a transaction has a recipient")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The peer's name and its EHLO keywords, in capitals, with their parameters (RFC 5321 §4.1.1.1)."""

    name: str
    keywords: Mapping[str, str]

    def has(self, keyword: str) -> bool:
        """The peer announced it."""
        return keyword in self.keywords

    @property
    def max_bytes(self) -> int | None:
        """The largest message it takes (RFC 1870 §4), None when it does not say."""
        parameter = self.keywords.get("SIZE", "")
        return int(parameter) or None if parameter.isdecimal() and len(parameter) < 20 else None

    @property
    def max_recipients(self) -> int | None:
        """RCPTs it takes in a transaction (RFC 9422 §4.2), None when it does not say."""
        return self._find_limit("RCPTMAX")

    @property
    def max_messages(self) -> int | None:
        """Transactions it takes in a session (RFC 9422 §4.1), None when it does not say."""
        return self._find_limit("MAILMAX")

    def _find_limit(self, name: str) -> int | None:
        """A limit of zero is none that anybody could obey (RFC 9422 §3: six digits at most, from 1)."""
        for word in self.keywords.get("LIMITS", "").split():
            key, _, value = word.partition("=")
            if key.upper() == name and value.isdecimal() and value.isascii() and len(value) <= _LIMIT_DIGITS:
                return int(value) or None
        return None


@dataclass(frozen=True, slots=True)
class TlsWanted:
    """Shake hands now, then say ``tls_established``."""


@dataclass(frozen=True, slots=True)
class Ready:
    """TLS stands, and the peer takes transactions."""

    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Done:
    """A transaction is over: one reply per recipient, in order. 2xx: the peer has the message."""

    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The session is of no more use. ``replies``: what is settled of the transaction that was under way."""

    reason: str
    reply: Reply | None = None
    replies: tuple[Reply | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """We said QUIT, and the peer let us go."""


Event = TlsWanted | Ready | Done | Broken | Closed
"""``Broken`` and ``Closed`` are the last of a session."""
