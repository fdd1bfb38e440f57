"""host:port, as written."""

import pytest

from mssmail.core.endpoint import Endpoint, find_network, parse_endpoint
from mssmail.errors import BadSyntax


@pytest.mark.parametrize("text", ["127.0.0.1:25", "[::1]:993", "mx.b.test:65535"])
def test_reads_what_it_writes(text: str) -> None:
    assert str(parse_endpoint(text)) == text


@pytest.mark.parametrize("text", ["", "host", ":25", "::1:25", "a:65536", "a:b", "a b:1"])
def test_refuses(text: str) -> None:
    with pytest.raises(BadSyntax):
        parse_endpoint(text)


def test_is_a_value() -> None:
    assert Endpoint("a", 1) == parse_endpoint("a:1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_an_ipv6_host_is_its_network(address: str, network: str) -> None:
    assert find_network(address) == network
