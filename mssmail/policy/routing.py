"""Where does mail for this recipient go next?"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from mssmail.core.address import Address
from mssmail.core.reply import Reply, quote_text
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.settings import Endpoint, Route


@dataclass(frozen=True, slots=True)
class Local:
    """The recipient's domain is ours."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """A peer's: to this server, or where the domain's MX points."""

    domain: str
    server: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Nowhere:
    """It cannot leave; a 4xx reply means: not now."""

    rule: str
    reply: Reply


def judge_route(
    recipient: Address,
    own_domains: Container[str],
    routes: Sequence[Route],
    white_list: WhiteList | None,
    freshness: Freshness,
) -> Local | NextHop | Nowhere:
    """Answer where mail for this recipient goes: nothing leaves the trust space."""
    domain = recipient.domain
    if domain in own_domains:
        return Local()
    if white_list is None or freshness is Freshness.STALE:
        return Nowhere("white-list-stale", Reply(451, "4.7.5", "The white list here is not up to date"))
    if not white_list.has_domain(domain):
        text = f"Domain {quote_text(domain, 120)} is not on the white list"
        return Nowhere("domain-not-listed", Reply(550, "5.7.1", text))
    for wanted in (domain, "*"):
        for route in routes:
            if route.domain == wanted:
                return NextHop(domain, Endpoint(route.host, route.port))
    return NextHop(domain)
