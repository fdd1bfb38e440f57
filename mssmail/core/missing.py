"""What judging lacked: certificates of which nothing at hand says whether they are revoked."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MissingStatus:
    """A certificate whose path is good but for its unknown revocation status, and its issuer's; both DER."""

    issuer: str  # RFC 4514, for people
    certificate: bytes
    issuer_certificate: bytes


def name_issuers(missing: Iterable[MissingStatus]) -> tuple[str, ...]:
    """The CAs whose revocation lists, or answers, would help; each once."""
    return tuple(dict.fromkeys(each.issuer for each in missing))
