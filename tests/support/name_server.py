"""A DNS server of a few records on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from mssmail.core.endpoint import Endpoint

Zone = Mapping[tuple[str, str], Sequence[str]]


class _Answerer(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        name, kind = query.question[0].name.to_text(), query.question[0].rdtype.name
        rows = self._zone.get((name, kind), ())
        if rows:
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", kind, *rows))
        elif name not in {known for known, _ in self._zone}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        assert self._transport is not None
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def serve_zone(zone: Zone) -> AsyncIterator[Endpoint]:
    """Where it answers; names are absolute, with the final dot."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answerer(zone), ("127.0.0.1", 0))
    try:
        yield Endpoint("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
