"""Where a server listens or is reached."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from mssmail.errors import BadSyntax


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to listen on or connect to: host and port, ``host:port`` in the file (IPv6 in brackets)."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


_ENDPOINT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\s\[\]]+)):(\d{1,5})")


def parse_endpoint(text: str) -> Endpoint:
    """``127.0.0.1:25`` or ``[::1]:25``; raises BadSyntax."""
    match = _ENDPOINT.fullmatch(text.strip())
    if match is None or int(match[3]) > 65535:
        raise BadSyntax(f"not host:port: {text!r}")
    return Endpoint(match[1] or match[2], int(match[3]))


def find_network(address: str) -> str:
    """What counts as one address: an IPv6 host owns a /64."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(IPv6Address(int(parsed) >> 64 << 64)) if mapped is None else str(mapped)
    return str(parsed)
