"""Where does mail for this recipient go next?"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from mssmail.core.address import Address
from mssmail.core.reply import Reply, quote_text
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.settings import Endpoint, Route, TlsFloor


@dataclass(frozen=True, slots=True)
class Local:
    """The recipient's domain is ours."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """A peer's: to the first of these servers that takes it, or, without any, where the domain's MX points."""

    domain: str
    servers: tuple[Endpoint, ...] = ()
    min_tls: TlsFloor = TlsFloor.TLS12


@dataclass(frozen=True, slots=True)
class Nowhere:
    """It cannot leave; a 4xx reply means: not now."""

    rule: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Here:
    """What is ours: domains, the name peers know us by, the addresses where we take mail."""

    domains: Container[str]
    name: str
    endpoints: frozenset[Endpoint] = frozenset()


LOOP = Reply(451, "4.4.6", "The route leads back to this server")
"""Temporary, because a wrong record in DNS must not return mail for good; an administrator can mend it meanwhile."""


def judge_route(
    recipient: Address,
    here: Here,
    routes: Sequence[Route],
    white_list: WhiteList | None,
    freshness: Freshness,
    via: Endpoint | None = None,
) -> Local | NextHop | Nowhere:
    """Answer where mail for this recipient goes: nothing leaves the trust space.

    ``via`` is the server an administrator has redirected it to, if one has.
    """
    domain = recipient.domain
    if domain in here.domains:
        return Local()
    if white_list is None or freshness is Freshness.STALE:
        return Nowhere("white-list-stale", Reply(451, "4.7.5", "The white list here is not up to date"))
    if not white_list.has_domain(domain):
        text = f"Domain {quote_text(domain, 120)} is not on the white list"
        return Nowhere("domain-not-listed", Reply(550, "5.7.1", text))
    route = find_route(domain, routes)
    min_tls = TlsFloor.TLS12 if route is None else route.min_tls
    servers = (via,) if via is not None else () if route is None else route.servers
    if not servers:
        return NextHop(domain, (), min_tls)
    others = tuple(server for server in servers if server not in here.endpoints)
    return NextHop(domain, others, min_tls) if others else Nowhere("route-to-ourselves", LOOP)


def find_route(domain: str, routes: Sequence[Route]) -> Route | None:
    """The domain's own route, else the one for all others (a smarthost), else None: DNS is asked."""
    for wanted in (domain, "*"):
        for route in routes:
            if route.domain == wanted:
                return route
    return None
