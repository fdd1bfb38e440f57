"""Is a message too big before it is sent?"""

from collections.abc import Sequence

from mssmail.core.decision import Accept, Decision, refuse
from mssmail.core.reply import quote_text
from mssmail.settings import Domain, Route


def judge_size(announced: int | None, max_bytes: int) -> Decision:
    """Answer the SIZE parameter of MAIL (RFC 1870 §6.1); nothing announced is nothing refused."""
    if announced is not None and announced > max_bytes:
        return refuse("too-big", 552, "5.3.4", f"Message too big: {max_bytes} octets are taken")
    return Accept("size")


def judge_size_there(octets: int | None, domain: str, limit: int | None) -> Decision:
    """Answer RCPT, or the end of a message, for a recipient whose domain is known to take no more (RFC 1870 §6)."""
    if octets is not None and limit is not None and octets > limit:
        text = f"Message too big for {quote_text(domain, 150)}: {limit} octets are taken there"
        return refuse("too-big-there", 552, "5.3.4", text)
    return Accept("size-there")


def find_own_limit(domain: Domain) -> int | None:
    """What our own domain takes, when it is less than the listener does."""
    return domain.max_message_bytes or None


def find_peer_limit(domain: str, routes: Sequence[Route], announced: int | None) -> int | None:
    """What another domain takes: as configured for its route, else as its server announced; None: nobody knows."""
    for wanted in (domain, "*"):
        for route in routes:
            if route.domain == wanted:
                return route.max_message_bytes or announced
    return announced
