"""A stranger's resolver understands it."""

import asyncio

import dns.asyncresolver
import dns.rdatatype
import dns.resolver
import pytest

from mssmail.lab.check.name_server import NameServer


async def test_the_domain_takes_no_mail_and_nothing_else_is_known() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer("no-mail.test"), ("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
    resolver.lifetime = 2.0
    try:
        answer = await resolver.resolve("No-Mail.test", dns.rdatatype.MX, search=False)
        assert [str(record) for record in answer] == ["0 ."]
        with pytest.raises(dns.resolver.NoNameservers):
            await resolver.resolve("other.test", dns.rdatatype.MX, search=False)
    finally:
        transport.close()
