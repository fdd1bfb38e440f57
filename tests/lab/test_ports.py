"""Ports are probed before the lab starts."""

import socket

import pytest

from mssmail.lab.ports import PortTaken, require_free
from mssmail.settings import Endpoint


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"127.0.0.1:{port} cannot be bound"):
            require_free([Endpoint("127.0.0.1", port)])
    require_free([Endpoint("127.0.0.1", port)])
