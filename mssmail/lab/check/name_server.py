"""A name server that knows one thing: that a domain takes no mail (RFC 7505 §3)."""

import asyncio
from struct import pack
from typing import cast

_ANSWER, _FAILURE = 0x8180, 0x8182  # RFC 1035 §4.1.1: QR, RD, RA; and RCODE 2, server failure
_MX, _IN, _SECONDS = 15, 1, 60


class NameServer(asyncio.DatagramProtocol):
    """Answers MX questions about ``domain`` with a null MX, and all others with a failure."""

    def __init__(self, domain: str) -> None:
        self._name = b"".join(pack("B", len(label)) + label.encode() for label in domain.split(".")) + b"\0"
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio."""
        if self._transport is not None and len(data) > 12:
            self._transport.sendto(self.build_answer(data), addr)

    def build_answer(self, query: bytes) -> bytes:
        """The response to one query (RFC 1035 §4.1)."""
        wanted = self._name + pack("!HH", _MX, _IN)
        question = query[12 : 12 + len(wanted)]
        if question.lower() != wanted:
            return query[:2] + pack("!HHHHH", _FAILURE, 0, 0, 0, 0)
        record = pack("!HHHIHHB", 0xC00C, _MX, _IN, _SECONDS, 3, 0, 0)  # preference 0, exchange: the root
        return query[:2] + pack("!HHHHH", _ANSWER, 1, 1, 0, 0) + question + record
