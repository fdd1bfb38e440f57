"""Handshakes over loopback: who is let in, what a refused one reads, and what we learn of it."""

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.errors import ConfigError
from mssmail.lab.pki import Credential, Profile, build_subject
from mssmail.smtp.limits import ConnectionLimits
from mssmail.smtp.tls import (
    CIPHERS,
    Believed,
    ContextSource,
    ServerHandshake,
    build_server_context,
    describe_failure,
    read_peer_chain,
    read_tls_facts,
)
from mssmail.trust.snapshot import TrustSnapshot
from tests.support.pki import Pki, build_foreign_pki
from tests.support.smtp_room import TODAY, build_believed, build_client_context, build_contexts

FOREIGN = build_foreign_pki(TODAY.now)


class _Greeter(asyncio.Protocol):
    """Says hello and remembers its transport."""

    def __init__(self, seen: list[ssl.SSLObject]) -> None:
        self._seen = seen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._seen.append(transport.get_extra_info("ssl_object"))
        transport.write(b"hello\r\n")


class _Server:
    def __init__(self) -> None:
        self.port = 0
        self.seen: list[ssl.SSLObject] = []
        self.failures: list[tuple[str, int, str, bool, tuple[bytes, ...]]] = []
        self.failed = asyncio.Event()

    def note(self, *facts: object) -> None:
        self.failures.append(facts)  # type: ignore[arg-type]
        self.failed.set()


@asynccontextmanager
async def _serve(contexts: ContextSource, limits: ConnectionLimits | None = None) -> AsyncIterator[_Server]:
    state = _Server()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: ServerHandshake(_Greeter(state.seen), contexts.find_context(), state.note, connections=limits),
        "127.0.0.1",
        0,
    )
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()


async def _greet(port: int, context: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    try:
        return await reader.readline()
    finally:
        writer.transport.abort()


def _issue_client(pki: Pki, directory: Path, *, days: int = 30, name: str = "client") -> Credential:
    subject = build_subject("peer.a.test", "CENTRE HOSPITALIER A", "1990000001", "Nord (59)")
    credential = pki.issuing.issue(Profile.OPERATOR, subject, pki.now, valid=timedelta(days=days))
    credential.write(directory, name)
    return credential


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_learns_version_suite_and_the_path_of_a_client_certificate(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    credential = _issue_client(TODAY, tmp_path)
    context = build_client_context(tmp_path)
    context.minimum_version = context.maximum_version = version
    async with _serve(build_contexts(tmp_path, build_believed())) as server:
        assert await _greet(server.port, context) == b"hello\r\n"
        chain = read_peer_chain(server.seen[0])
        assert chain[0] == credential.certificate_der
        assert chain[1:] == (*TODAY.intermediates, *TODAY.anchors)
        facts = read_tls_facts(server.seen[0])
    assert facts.version == version.name.replace("_", ".")
    assert facts.cipher in CIPHERS.values() or facts.cipher.startswith("TLS_AES")
    assert server.failures == []


async def test_no_certificate_is_an_answer(tmp_path: Path) -> None:
    async with _serve(build_contexts(tmp_path, build_believed())) as server:
        assert await _greet(server.port, build_client_context()) == b"hello\r\n"
        assert read_peer_chain(server.seen[0]) == ()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("pki", "days", "alert", "cause"),
    [
        (FOREIGN, 30, "(?i)unknown.ca|bad.certificate|decrypt.error", "client certificate refused: "),
        (TODAY, -10, "(?i)certificate.expired", "client certificate refused: certificate has expired"),
    ],
)
async def test_a_refused_certificate_reads_its_alert_and_we_know_the_cause(
    tmp_path: Path, version: ssl.TLSVersion, pki: Pki, days: int, alert: str, cause: str
) -> None:
    _issue_client(pki, tmp_path, days=days)
    context = build_client_context(tmp_path)
    context.minimum_version = context.maximum_version = version
    async with _serve(build_contexts(tmp_path, build_believed())) as server:
        with pytest.raises(ssl.SSLError, match=alert):
            await _greet(server.port, context)
        await asyncio.wait_for(server.failed.wait(), 10)
    [(address, port, said, is_tls, _offered)] = server.failures
    assert (address, is_tls) == ("127.0.0.1", True)
    assert port > 0
    assert said.startswith(cause)


@pytest.mark.parametrize("cipher", ["AES128-SHA", "ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384"])
async def test_takes_no_suite_beyond_the_list(tmp_path: Path, cipher: str) -> None:
    context = build_client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    async with _serve(build_contexts(tmp_path)) as server:
        with pytest.raises(ssl.SSLError):
            await _greet(server.port, context)
        await asyncio.wait_for(server.failed.wait(), 10)
    assert server.failures[0][2] == "no shared cipher"


async def test_takes_no_tls_below_1_2(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with _serve(build_contexts(tmp_path)) as server:
        with pytest.raises(ssl.SSLError):
            await _greet(server.port, context)


async def test_a_session_is_never_resumed(tmp_path: Path) -> None:
    _issue_client(TODAY, tmp_path)
    context = build_client_context(tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with _serve(build_contexts(tmp_path, build_believed())) as server:
        for _ in range(2):
            await _greet(server.port, context)
        assert [each.session_reused for each in server.seen] == [False, False]


async def test_a_connection_that_closes_in_its_handshake_is_no_tls_failure(tmp_path: Path) -> None:
    async with _serve(build_contexts(tmp_path)) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.close()
        await asyncio.wait_for(server.failed.wait(), 10)
    assert [facts[2:4] for facts in server.failures] == [("the connection was closed", False)]


async def test_beyond_the_limit_there_is_no_handshake(tmp_path: Path) -> None:
    limits = ConnectionLimits(1, 1)
    async with _serve(build_contexts(tmp_path), limits) as server:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=build_client_context(), server_hostname="localhost"
        )
        assert await reader.readline() == b"hello\r\n"
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await _greet(server.port, build_client_context())
        assert limits.total == 1
        writer.close()
        assert await reader.read() == b""
        async with asyncio.timeout(10):
            while limits.total:  # the server's side closes in its own time
                with contextlib.suppress(OSError):
                    await _greet(server.port, build_client_context())
                    break


def test_an_intermediate_never_becomes_an_anchor(tmp_path: Path) -> None:
    certificate, key = TODAY.make_operator("mx.b.test").write(tmp_path, "server")
    context = build_server_context(
        certificate, key, TrustSnapshot(1, FOREIGN.anchors, (*TODAY.intermediates, *TODAY.anchors))
    )
    subjects = [each["subject"] for each in context.get_ca_certs()]
    assert (("commonName", "Test Root"),) not in [rdn for subject in subjects[1:] for rdn in subject]
    assert not context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN


async def test_an_anchor_that_is_not_self_signed_ends_a_path(tmp_path: Path) -> None:
    _issue_client(TODAY, tmp_path)
    async with _serve(build_contexts(tmp_path, TrustSnapshot(1, TODAY.intermediates))) as server:
        assert await _greet(server.port, build_client_context(tmp_path)) == b"hello\r\n"
        assert read_peer_chain(server.seen[0])[1:] == TODAY.intermediates


@pytest.mark.parametrize("believed", [TrustSnapshot(1, ()), TrustSnapshot(1, (), TODAY.intermediates)])
async def test_without_anchors_nobody_is_believed(tmp_path: Path, believed: Believed) -> None:
    _issue_client(TODAY, tmp_path)
    async with _serve(build_contexts(tmp_path, believed)) as server:
        with pytest.raises(ssl.SSLError):
            await _greet(server.port, build_client_context(tmp_path))


def test_names_the_files_that_cannot_be_used(tmp_path: Path) -> None:
    certificate, key = TODAY.make_operator("mx.b.test").write(tmp_path, "server")
    with pytest.raises(ConfigError, match="nowhere"):
        build_server_context(tmp_path / "nowhere", key)
    key.write_bytes(b"no key")
    with pytest.raises(ConfigError, match=r"server\.key"):
        build_server_context(certificate, key)
    _, other = TODAY.make_operator("mx2.b.test").write(tmp_path, "other")
    with pytest.raises(ConfigError):
        build_server_context(certificate, other)
    TODAY.make_operator("mx.b.test").write(tmp_path, "server")
    with pytest.raises(ConfigError, match="anchor"):
        build_server_context(certificate, key, TrustSnapshot(1, (b"no certificate",)))


def test_a_renewed_certificate_counts_from_the_next_handshake(tmp_path: Path) -> None:
    contexts = build_contexts(tmp_path)
    first = contexts.find_context()
    assert contexts.find_context() is first
    TODAY.make_operator("renewed.b.test").write(tmp_path, "server")
    assert contexts.find_context() is not first


def test_a_renewal_that_cannot_be_used_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    contexts = build_contexts(tmp_path)
    first = contexts.find_context()
    (tmp_path / "server.key").write_bytes(b"half")
    with caplog.at_level(logging.ERROR):
        assert contexts.find_context() is first
        assert contexts.find_context() is first
    assert len(caplog.records) == 1
    os.unlink(tmp_path / "server.key")
    assert contexts.find_context() is first


def test_new_anchors_make_a_new_context(tmp_path: Path) -> None:
    now: list[Believed] = [build_believed()]
    certificate, key = TODAY.make_operator("mx.b.test").write(tmp_path, "server")
    contexts = ContextSource(certificate, key, lambda: now[0])
    first = contexts.find_context()
    now[0] = TrustSnapshot(2, FOREIGN.anchors)
    assert contexts.find_context() is not first


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ssl.SSLError(1, "odd"), "odd"),
        (ConnectionAbortedError(), "took too long"),
        (ConnectionResetError(), "was closed"),
    ],
)
def test_every_failure_has_words(cause: Exception, said: str) -> None:
    assert said in describe_failure(cause)
