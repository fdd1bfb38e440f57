"""Which servers take mail for a domain: a static route, or what DNS says (RFC 5321 §5.1, RFC 7505)."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX

from mssmail.core.reply import Reply
from mssmail.errors import PeerFault
from mssmail.settings import Endpoint

_SMTP_PORT = 25
_MAX_SERVERS = 10  # of one domain; RFC 5321 §5.1 asks for at least two
_MAX_ADDRESSES = 6  # of one server


@dataclass(frozen=True, slots=True)
class Target:
    """A server to try, and its addresses in the order to try them."""

    endpoint: Endpoint
    addresses: tuple[str, ...]


class MailResolver:
    """Asks DNS. ``dice`` orders servers of equal preference, as RFC 5321 §5.1 has it."""

    def __init__(self, resolver: dns.asyncresolver.Resolver, dice: random.Random, port: int = _SMTP_PORT) -> None:
        self._resolver = resolver
        self._dice = dice
        self._port = port

    async def resolve(self, domain: str) -> tuple[Target, ...] | Reply:
        """The servers in the order to try them, or the reply that ends the matter (no such domain, no mail).

        Raises PeerFault when DNS cannot be asked now, or when no server has an address at the moment.
        """
        servers = await self._find_servers(domain)
        if isinstance(servers, Reply):
            return servers
        found = await asyncio.gather(*(self._find_target(server) for server in servers), return_exceptions=True)
        targets = tuple(target for target in found if isinstance(target, Target) and target.addresses)
        if targets:
            return targets
        for failed in found:
            if isinstance(failed, BaseException):
                raise failed
        raise PeerFault(f"no server of {domain} has an address", servers=servers)

    async def resolve_server(self, server: Endpoint) -> tuple[Target, ...]:
        """A server named by a static route: its addresses are the system's business (hosts file included)."""
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.getaddrinfo(server.host, server.port, type=1)  # SOCK_STREAM
        except OSError as error:
            raise PeerFault(f"{server.host} has no address: {error}") from error
        addresses = dict.fromkeys(str(row[4][0]) for row in rows)
        return (Target(server, tuple(addresses)[:_MAX_ADDRESSES]),)

    async def _find_servers(self, domain: str) -> Sequence[str] | Reply:
        try:
            answer = await self._ask(domain, dns.rdatatype.MX)
        except dns.resolver.NXDOMAIN:
            return Reply(550, "5.1.2", f"The domain {domain} does not exist")
        if answer is None:
            return [domain]  # the implicit MX (RFC 5321 §5.1)
        records = [record for record in answer if isinstance(record, MX)]
        if [record.exchange for record in records] == [dns.name.root]:
            return Reply(556, "5.1.10", f"The domain {domain} takes no mail (null MX)")  # RFC 7505 §3
        self._dice.shuffle(records)
        records.sort(key=lambda record: record.preference)
        named = [record.exchange.to_text(omit_final_dot=True) for record in records if record.exchange != dns.name.root]
        return list(dict.fromkeys(named))[:_MAX_SERVERS]

    async def _find_target(self, server: str) -> Target:
        """Its addresses, IPv6 first where there is any; an alias is followed, though RFC 2181 §10.3 forbids it here."""
        answers = await asyncio.gather(
            *(self._find_addresses(server, kind) for kind in (dns.rdatatype.AAAA, dns.rdatatype.A)),
            return_exceptions=True,
        )
        addresses = [address for answer in answers if not isinstance(answer, BaseException) for address in answer]
        if not addresses:
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
        return Target(Endpoint(server, self._port), tuple(addresses[:_MAX_ADDRESSES]))

    async def _find_addresses(self, server: str, kind: dns.rdatatype.RdataType) -> list[str]:
        try:
            answer = await self._ask(server, kind)
        except dns.resolver.NXDOMAIN:
            return []
        return [] if answer is None else [record.to_text() for record in answer]

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> dns.resolver.Answer | None:
        """The answer, None when the name has no such record; raises NXDOMAIN, and PeerFault for all that may pass."""
        try:
            # Absolute, or the search list of this host would be tried, and mail for a mistyped domain would find a way.
            return await self._resolver.resolve(dns.name.from_text(name), kind, search=False)
        except dns.resolver.NoAnswer:
            return None
        except dns.resolver.NXDOMAIN:
            raise
        except (dns.exception.DNSException, OSError) as error:
            raise PeerFault(f"DNS cannot say who serves {name}: {error}") from error


def build_resolver(lifetime_seconds: float = 20.0) -> MailResolver:
    """A resolver by the system's configuration; without one (a lab has no DNS) every question is a PeerFault."""
    try:
        resolver = dns.asyncresolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.lifetime = lifetime_seconds
    return MailResolver(resolver, random.Random())  # noqa: S311 - it spreads load, it hides nothing
