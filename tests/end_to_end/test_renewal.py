"""Certificates, keys and anchors are renewed under a running operator: no restart, and nobody is cut off."""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mssmail.app.operator import Operator
from mssmail.core.clock import read_clock
from mssmail.delivery.tls import ClientContexts
from mssmail.lab.pki import issue_operator
from mssmail.trust.snapshot import TrustSnapshot
from tests.support.operators import Site, build_site
from tests.support.pki import Pki

NOW = read_clock().replace(microsecond=0)
STARTTLS = {"smtp": b"STARTTLS\r\n", "submission": b"STARTTLS\r\n", "imap": b"a STARTTLS\r\n"}
LISTENERS = ("smtp", "submission", "submissions", "imap", "imaps")


class Line:
    """A connection to one listener, inside TLS. Its methods block."""

    def __init__(self, endpoint: str, name: str) -> None:
        host, port = endpoint.rsplit(":", 1)
        self._is_imap = name.startswith("imap")
        plain = socket.create_connection((host, int(port)), timeout=30)
        if name in STARTTLS:
            self._begin_tls(plain, name)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._tls = context.wrap_socket(plain)
        if name not in STARTTLS:
            _read_line(self._tls)

    @property
    def shown(self) -> str:
        """SHA-256 of the certificate it was shown."""
        der = self._tls.getpeercert(binary_form=True)
        assert der is not None
        return hashlib.sha256(der).hexdigest()

    def is_alive(self) -> bool:
        self._tls.sendall(b"n NOOP\r\n" if self._is_imap else b"NOOP\r\n")
        return _read_line(self._tls).startswith(b"n OK" if self._is_imap else b"250")

    def close(self) -> None:
        self._tls.close()

    def _begin_tls(self, plain: socket.socket, name: str) -> None:
        _read_line(plain)
        if not self._is_imap:
            plain.sendall(b"EHLO client.test\r\n")
            while _read_line(plain)[3:4] == b"-":
                pass
        plain.sendall(STARTTLS[name])
        _read_line(plain)


def _read_line(sock: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += sock.recv(1)
    return line


@contextlib.asynccontextmanager
async def connect(endpoint: str, name: str) -> AsyncIterator[Line]:
    line = await asyncio.to_thread(Line, endpoint, name)
    try:
        yield line
    finally:
        await asyncio.to_thread(line.close)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build_site(tmp_path / "op", Pki(NOW), NOW)


def hash_file(path: Path) -> str:
    """SHA-256 of the first certificate of a PEM file."""
    pem = path.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


async def test_a_renewed_certificate_counts_from_the_next_connection_on_every_listener(site: Site) -> None:
    certificate, key = site.settings.relay.certificate, site.settings.relay.key
    old = hash_file(certificate)
    renewed = issue_operator(Pki(NOW).issuing, "mss.a.test", NOW)
    async with Operator(site.settings) as operator, contextlib.AsyncExitStack() as stack:
        places = operator.describe_listeners()
        open_lines = [await stack.enter_async_context(connect(places[name], name)) for name in LISTENERS]
        assert [line.shown for line in open_lines] == [old] * len(LISTENERS)
        key.write_bytes(renewed.key_pem)  # half of a renewal: the old one stays
        for name in LISTENERS:
            async with connect(places[name], name) as line:
                assert (name, line.shown) == (name, old)
        certificate.write_bytes(renewed.certificate_pem)
        for name in LISTENERS:
            async with connect(places[name], name) as line:
                assert (name, line.shown) == (name, hash_file(certificate))
        assert [await asyncio.to_thread(line.is_alive) for line in open_lines] == [True] * len(LISTENERS)


def test_deliveries_show_the_renewed_certificate_too(site: Site) -> None:
    certificate, key = site.settings.relay.certificate, site.settings.relay.key
    contexts, snapshot = ClientContexts(certificate, key), TrustSnapshot(1, Pki(NOW).anchors)
    before = contexts.find_context(snapshot)
    renewed = issue_operator(Pki(NOW).issuing, "mss.a.test", NOW)
    key.write_bytes(renewed.key_pem)
    assert contexts.find_context(snapshot) is before
    certificate.write_bytes(renewed.certificate_pem)
    assert contexts.find_context(snapshot) is not before
