"""Ports for tests that start real servers: a base that is free now, away from the ephemeral range."""

import os
import random
import socket

_RANGES = 4


def find_port_base(span: int = 300) -> int:
    """The first of ``span`` ports of which those a lab uses are free.

    Random, so that two runs on one machine stay apart; the processes of one run choose from ranges of their own, or one
    could take a port between another's look and its listening.
    """
    choice = random.Random(os.urandom(8))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _RANGES
    bases = range(12_000 + 500 * worker, 31_000, 500 * _RANGES)
    offsets = [*range(260, 280), *(offset for offset in range(span) if offset % 100 in {25, 43, 44, 65, 80, 87, 93})]
    for _ in range(200):
        base = choice.choice(bases)
        if all(_is_free(base + offset) for offset in offsets):
            return base
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0 and _can_bind(port)


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
