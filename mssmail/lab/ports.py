"""A taken port is a clear error before anything starts."""

import errno
import socket
from collections.abc import Iterable

from mssmail.errors import Fault
from mssmail.settings import Endpoint


class PortTaken(Fault):
    """Another program listens where the lab would."""


def require_free(endpoints: Iterable[Endpoint]) -> None:
    """Raise PortTaken naming the first endpoint that cannot be bound."""
    for endpoint in endpoints:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As our listeners do: a connection in TIME_WAIT does not make a port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((endpoint.host, endpoint.port))
            except OSError as error:
                if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                    raise
                raise PortTaken(f"{endpoint} cannot be bound ({error.strerror}): choose another --port-base") from error
