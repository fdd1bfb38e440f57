"""Which servers take mail for a domain: a static route, or what DNS says (RFC 5321 §5.1, RFC 7505).

A server of ours among the MX ends the list there: what stands at its preference or behind it would only bring the mail
back to us (RFC 5321 §5.1).
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX

from mssmail.core.reply import Reply
from mssmail.errors import PeerFault
from mssmail.policy.routing import LOOP, Here
from mssmail.settings import Endpoint

_SMTP_PORT = 25
_MAX_SERVERS = 10  # of one domain; RFC 5321 §5.1 asks for at least two
_MAX_ADDRESSES = 6  # of one server


@dataclass(frozen=True, slots=True)
class Target:
    """A server to try, and its addresses in the order to try them."""

    endpoint: Endpoint
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Server:
    """What one MX record says."""

    preference: int
    name: str


_Found = Target | BaseException
NOBODY = Here(frozenset(), "")


class MailResolver:
    """Asks DNS. ``dice`` orders servers of equal preference, as RFC 5321 §5.1 has it; ``here`` is what is ours."""

    def __init__(
        self,
        resolver: dns.asyncresolver.Resolver,
        dice: random.Random,
        port: int = _SMTP_PORT,
        here: Here = NOBODY,
    ) -> None:
        self._resolver = resolver
        self._dice = dice
        self._port = port
        self._here = here

    async def resolve(self, domain: str) -> tuple[Target, ...] | Reply:
        """The servers in the order to try them, or the reply that ends the matter (no such domain, no mail).

        Raises PeerFault when DNS cannot be asked now, or when no server has an address at the moment.
        """
        servers = await self._find_servers(domain)
        if isinstance(servers, Reply):
            return servers
        found = await asyncio.gather(*(self._find_target(each.name) for each in servers), return_exceptions=True)
        pairs = self._cut_loop(list(zip(servers, found, strict=True)))
        if not pairs:
            return LOOP
        targets = tuple(target for _, target in pairs if isinstance(target, Target) and target.addresses)
        if targets:
            return targets
        for _, failed in pairs:
            if isinstance(failed, BaseException):
                raise failed
        raise PeerFault(f"no server of {domain} has an address", servers=[each.name for each in servers])

    async def resolve_servers(self, servers: Sequence[Endpoint]) -> tuple[Target, ...]:
        """Servers named by a static route, in its order: their addresses are the system's business (hosts file too).

        Raises PeerFault when none of them has an address.
        """
        found = await asyncio.gather(*(self._resolve_server(server) for server in servers), return_exceptions=True)
        targets = tuple(target for target in found if isinstance(target, Target))
        for failed in found:
            if isinstance(failed, BaseException) and not targets:
                raise failed
        return targets

    async def _resolve_server(self, server: Endpoint) -> Target:
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.getaddrinfo(server.host, server.port, type=1)  # SOCK_STREAM
        except OSError as error:
            raise PeerFault(f"{server.host} has no address: {error}") from error
        addresses = dict.fromkeys(str(row[4][0]) for row in rows)
        return Target(server, tuple(addresses)[:_MAX_ADDRESSES])

    def _cut_loop(self, pairs: list[tuple[_Server, _Found]]) -> list[tuple[_Server, _Found]]:
        """What stands before ourselves in the order of preference; all of it when we are not there."""
        limit = min((server.preference for server, found in pairs if self._is_ours(server, found)), default=None)
        return pairs if limit is None else [pair for pair in pairs if pair[0].preference < limit]

    def _is_ours(self, server: _Server, found: _Found) -> bool:
        """It leads back here, by its name or one of its addresses."""
        if server.name.lower() == self._here.name.lower():
            return True
        if isinstance(found, BaseException):
            return False
        return any(Endpoint(address, found.endpoint.port) in self._here.endpoints for address in found.addresses)

    async def _find_servers(self, domain: str) -> Sequence[_Server] | Reply:
        try:
            answer = await self._ask(domain, dns.rdatatype.MX)
        except dns.resolver.NXDOMAIN:
            return Reply(550, "5.1.2", f"The domain {domain} does not exist")
        if answer is None:
            return [_Server(0, domain)]  # the implicit MX (RFC 5321 §5.1)
        records = [record for record in answer if isinstance(record, MX)]
        if [record.exchange for record in records] == [dns.name.root]:
            return Reply(556, "5.1.10", f"The domain {domain} takes no mail (null MX)")  # RFC 7505 §3
        self._dice.shuffle(records)
        records.sort(key=lambda record: record.preference)
        named: dict[str, _Server] = {}
        for record in records:
            if record.exchange != dns.name.root:
                name = record.exchange.to_text(omit_final_dot=True)
                named.setdefault(name.lower(), _Server(record.preference, name))
        return list(named.values())[:_MAX_SERVERS]

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


def build_resolver(
    here: Here = NOBODY, servers: Sequence[Endpoint] = (), lifetime_seconds: float = 20.0
) -> MailResolver:
    """A resolver that asks ``servers`` (addresses, not names), or without any those of the system's configuration.

    Without that either (a lab may have no DNS) every question is a PeerFault.
    """
    try:
        resolver = dns.asyncresolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.asyncresolver.Resolver(configure=False)
    if servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(each.host, each.port) for each in servers]
    resolver.lifetime = lifetime_seconds
    return MailResolver(resolver, random.Random(), here=here)  # noqa: S311 - it spreads load, it hides nothing
