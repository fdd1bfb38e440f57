"""Against a real name server on loopback, a small one."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from mssmail.core.reply import Reply
from mssmail.delivery.resolve import NOBODY, MailResolver, Target, build_resolver
from mssmail.errors import PeerFault
from mssmail.policy.routing import LOOP, Here
from mssmail.settings import Endpoint

ZONE = {
    ("many.test.", "MX"): ["20 late.many.test.", "10 first.many.test.", "10 second.many.test."],
    ("late.many.test.", "A"): ["192.0.2.3"],
    ("first.many.test.", "A"): ["192.0.2.1"],
    ("first.many.test.", "AAAA"): ["2001:db8::1"],
    ("second.many.test.", "A"): ["192.0.2.2"],
    ("null.test.", "MX"): ["0 ."],
    ("nearly-null.test.", "MX"): ["0 .", "5 implicit.test."],
    ("implicit.test.", "A"): ["192.0.2.4"],
    ("alias.test.", "CNAME"): ["many.test."],
    ("lost.test.", "MX"): ["10 nowhere.test."],
    ("half-lost.test.", "MX"): ["10 nowhere.test.", "20 implicit.test."],
    ("broken.test.", "MX"): ["SERVFAIL"],
    ("half-broken.test.", "MX"): ["10 broken-host.test.", "20 implicit.test."],
    ("all-broken.test.", "MX"): ["10 broken-host.test."],
    ("broken-host.test.", "A"): ["SERVFAIL"],
    ("broken-host.test.", "AAAA"): ["SERVFAIL"],
    ("mx-is-alias.test.", "MX"): ["10 host-alias.test."],
    ("host-alias.test.", "CNAME"): ["implicit.test."],
    ("empty.test.", "TXT"): ['"nothing here"'],
}
NAMES = {name for name, _ in ZONE}


class NameServer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.is_silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.is_silent or self.transport is None:
            return
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        self._fill(answer, query.question[0].name.to_text(), query.question[0].rdtype.name)
        self.transport.sendto(answer.to_wire(), addr)

    def _fill(self, answer: dns.message.Message, name: str, kind: str) -> None:
        while alias := ZONE.get((name, "CNAME")):
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", "CNAME", *alias))
            name = alias[0]
        rows = ZONE.get((name, kind), [])
        if rows == ["SERVFAIL"]:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif rows:
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", kind, *rows))
        elif name not in NAMES:
            answer.set_rcode(dns.rcode.NXDOMAIN)


@asynccontextmanager
async def _dns(*, silent: bool = False, seed: int = 1, here: Here = NOBODY) -> AsyncIterator[MailResolver]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
    server.is_silent = silent
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    resolver.lifetime = 0.5 if silent else 5.0
    try:
        yield MailResolver(resolver, random.Random(seed), port=2525, here=here)
    finally:
        transport.close()


async def _hosts(domain: str, seed: int = 1) -> list[str]:
    async with _dns(seed=seed) as resolver:
        targets = await resolver.resolve(domain)
        assert isinstance(targets, tuple)
        return [target.endpoint.host for target in targets]


async def test_servers_come_by_preference_and_equal_ones_by_chance() -> None:
    orders = {tuple(await _hosts("many.test", seed)) for seed in range(12)}
    first, second, late = "first.many.test", "second.many.test", "late.many.test"
    assert orders == {(first, second, late), (second, first, late)}


async def test_a_server_has_its_addresses_ipv6_first() -> None:
    async with _dns() as resolver:
        targets = await resolver.resolve("many.test")
    assert Target(Endpoint("first.many.test", 2525), ("2001:db8::1", "192.0.2.1")) in targets  # type: ignore[operator]
    assert Target(Endpoint("second.many.test", 2525), ("192.0.2.2",)) in targets  # type: ignore[operator]


@pytest.mark.parametrize(
    ("domain", "hosts"),
    [
        ("implicit.test", ["implicit.test"]),
        ("half-lost.test", ["implicit.test"]),
        ("half-broken.test", ["implicit.test"]),
        ("mx-is-alias.test", ["host-alias.test"]),
        ("nearly-null.test", ["implicit.test"]),
    ],
)
async def test_what_is_left_when_dns_is_not_as_it_should_be(domain: str, hosts: list[str]) -> None:
    assert await _hosts(domain) == hosts


async def test_a_domain_that_is_an_alias_has_its_target_s_servers() -> None:
    assert set(await _hosts("alias.test")) == set(await _hosts("many.test"))


@pytest.mark.parametrize(
    ("domain", "reply"),
    [
        ("null.test", Reply(556, "5.1.10", "The domain null.test takes no mail (null MX)")),
        ("unknown.test", Reply(550, "5.1.2", "The domain unknown.test does not exist")),
    ],
)
async def test_what_dns_says_for_good(domain: str, reply: Reply) -> None:
    async with _dns() as resolver:
        assert await resolver.resolve(domain) == reply


@pytest.mark.parametrize("domain", ["broken.test", "lost.test", "all-broken.test", "empty.test"])
async def test_what_may_be_otherwise_later_is_a_fault(domain: str) -> None:
    async with _dns() as resolver:
        with pytest.raises(PeerFault):
            await resolver.resolve(domain)


async def test_a_name_server_that_does_not_answer_is_a_fault() -> None:
    async with _dns(silent=True) as resolver:
        with pytest.raises(PeerFault, match="DNS cannot say"):
            await resolver.resolve("many.test")


async def test_static_routes_need_no_dns_and_keep_their_order() -> None:
    resolver = build_resolver()
    first, second, lost = Endpoint("127.0.0.1", 2525), Endpoint("::1", 26), Endpoint("no such host", 25)
    targets = await resolver.resolve_servers((first, lost, second))
    assert targets == (Target(first, ("127.0.0.1",)), Target(second, ("::1",)))
    with pytest.raises(PeerFault):
        await resolver.resolve_servers((lost,))


HERE = Here(frozenset(), "FIRST.many.test", frozenset({Endpoint("192.0.2.4", 2525)}))


@pytest.mark.parametrize(
    ("here", "domain", "hosts"),
    [
        (Here(frozenset(), "late.many.test"), "many.test", {"first.many.test", "second.many.test"}),
        (
            Here(frozenset(), "", frozenset({Endpoint("192.0.2.3", 2525)})),
            "many.test",
            {"first.many.test", "second.many.test"},
        ),
        (HERE, "many.test", None),
        (HERE, "implicit.test", None),
        (HERE, "host-alias.test", None),
        (Here(frozenset(), "", frozenset({Endpoint("192.0.2.4", 25)})), "implicit.test", {"implicit.test"}),
        (Here(frozenset(), "nowhere.test"), "half-lost.test", None),
    ],
)
async def test_a_server_of_ours_among_the_mx_ends_the_list(here: Here, domain: str, hosts: set[str] | None) -> None:
    async with _dns(here=here) as resolver:
        targets = await resolver.resolve(domain)
    assert (LOOP if hosts is None else hosts) == (
        targets if isinstance(targets, Reply) else {target.endpoint.host for target in targets}
    )


async def test_the_servers_that_are_asked_may_be_named() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
    try:
        resolver = build_resolver(servers=[Endpoint(*transport.get_extra_info("sockname"))])
        assert await resolver.resolve("null.test") == Reply(
            556, "5.1.10", "The domain null.test takes no mail (null MX)"
        )
    finally:
        transport.close()
