"""The choices a configuration makes."""

from enum import Enum


class SmimeMode(Enum):
    """What a recipient's domain asks of the signature of mail from peers."""

    REQUIRE = "require"  # only Trusted passes
    VERIFY = "verify"  # Trusted and Unsigned pass; Untrusted passes marked as failed
    OFF = "off"  # not examined


class RevocationMode(Enum):
    """What a missing or stale revocation list means."""

    HARD = "hard"  # cannot check: temporary refusal
    SOFT = "soft"  # cannot check: pass, and say so
    OFF = "off"  # not asked


class LogFormat(Enum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class SignWith(Enum):
    """Whose certificate signs what clients submit unsigned."""

    ACCOUNT = "account"  # the account's own, else the organisation's
    ORGANISATION = "organisation"
    NONE = "none"


class TlsFloor(Enum):
    """The oldest TLS version spoken; the values are what a handshake calls them, and sort by age."""

    TLS12 = "TLSv1.2"
    TLS13 = "TLSv1.3"
