"""A mail client that costs little itself: it reads to the tagged line and looks at nothing on the way."""

import socket
import ssl
from pathlib import Path


class Client:
    """One connection over TLS, signed in."""

    def __init__(self, port: int, ca: Path, user: str, password: str, receive_octets: int = 0) -> None:
        """``receive_octets``: what the system may keep for us unread; 0 leaves that to it."""
        context = ssl.create_default_context(cafile=str(ca))
        raw = socket.socket()
        raw.settimeout(900)
        if receive_octets:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_octets)
        raw.connect(("127.0.0.1", port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(raw, server_hostname="localhost")
        self._buffer = bytearray(1_048_576)
        self._count = 0
        self.octets = 0
        self.read_until(b"\r\n")
        self.do(f'LOGIN {user} "{password}"')

    def do(self, command: str, literal: bytes | None = None) -> bytes:
        """Run a command; the end of what came back, at least the last 64 kB. Raises OSError when it is not OK."""
        self._count += 1
        tag = f"t{self._count:05}".encode()
        data = tag + b" " + command.encode() + (b"" if literal is None else b" {%d+}\r\n%b" % (len(literal), literal))
        self._socket.sendall(data + b"\r\n")
        answer = self.read_until(b"\r\n", tag + b" ")
        if b"\r\n" + tag + b" OK" not in b"\r\n" + answer:
            raise OSError(f"{command[:40]}: {answer[-200:]!r}")
        return answer

    def send(self, data: bytes) -> None:
        """Octets as they are."""
        self._socket.sendall(data)

    def read_until(self, end: bytes, mark: bytes = b"") -> bytes:
        """Read till a line of ours (``mark``) has ended, or till ``end`` was the last that came."""
        kept = b""
        while True:
            size = self._socket.recv_into(self._buffer)
            if size == 0:
                raise OSError("the server hung up")
            self.octets += size
            kept = (
                (kept + self._buffer[:size])[-65_536:] if size < 65_536 else bytes(self._buffer[size - 65_536 : size])
            )
            if kept.endswith(end) and (not mark or mark in kept[kept.rfind(b"\n", 0, -2) + 1 :]):
                return kept

    def taste(self, octets: int) -> None:
        """Take at most so many octets, if there are any."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(octets)
        except ssl.SSLWantReadError:
            pass
        finally:
            self._socket.settimeout(900)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
