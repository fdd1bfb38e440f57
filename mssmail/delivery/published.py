"""What DNS says beside what it should say."""

from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from mssmail.core.client_setup import DnsRecord
from mssmail.core.endpoint import Endpoint
from mssmail.errors import PeerFault


@dataclass(frozen=True, slots=True)
class Publication:
    """A record that should be there, and what is published under its name and type."""

    record: DnsRecord
    found: tuple[str, ...]
    leads_there: bool = False  # an alias that addresses stand in for: they are its target's

    @property
    def is_published(self) -> bool:
        """The record is there, however its name is written, or what serves as well."""
        return self.leads_there or _normalise(self.record.value) in {_normalise(value) for value in self.found}


class PublicationCheck:
    """Asks the system's DNS, or one server."""

    def __init__(self, server: Endpoint | None = None) -> None:
        self._resolver = _build_resolver(server)
        self.lifetime_seconds = 10.0  # of one question

    async def look_up(self, record: DnsRecord) -> Publication:
        """What is published; raises PeerFault when DNS cannot be asked.

        Where an alias (CNAME) is asked for, addresses do as well if all of them are the target's.
        """
        found = await self._resolve(record.name, record.type)
        if record.type != "CNAME" or found:
            return Publication(record, found)
        addresses = await self._resolve_addresses(record.name)
        leads_there = bool(addresses) and set(addresses) <= set(await self._resolve_addresses(record.value))
        return Publication(record, addresses, leads_there)

    async def _resolve_addresses(self, name: str) -> tuple[str, ...]:
        return await self._resolve(name, "A") + await self._resolve(name, "AAAA")

    async def _resolve(self, name: str, kind: str) -> tuple[str, ...]:
        question = dns.name.from_text(name)
        try:
            answer = await self._resolver.resolve(question, kind, search=False, lifetime=self.lifetime_seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise PeerFault(f"DNS cannot say what is published for {name}: {error}") from error
        return tuple(sorted(row.to_text() for row in answer))


def _build_resolver(server: Endpoint | None) -> dns.asyncresolver.Resolver:
    try:
        resolver = dns.asyncresolver.Resolver(configure=server is None)
    except dns.resolver.NoResolverConfiguration:  # then every question is a PeerFault
        resolver = dns.asyncresolver.Resolver(configure=False)
    if server is not None:
        resolver.nameservers, resolver.port = [server.host], server.port
    return resolver


def _normalise(value: str) -> str:
    return value.lower().rstrip(".")
