"""The HTTP edge over a real socket."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from mssmail.core.clock import read_clock
from mssmail.settings import Endpoint
from mssmail.web.metrics import Sample
from mssmail.web.server import Health, HttpListener, build_folder_site, build_site
from tests.support.pki import build_pki


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
async def listener(faults: list[str]) -> AsyncIterator[HttpListener]:
    site = build_site(lambda: [Sample("queue_depth", "Items waiting.", 7)], lambda: Health(tuple(faults)))
    made = HttpListener(Endpoint("127.0.0.1", 0), site)
    await made.start()
    yield made
    await made.stop()


async def _get(listener: HttpListener, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{listener.port}{path}")


async def test_metrics_are_served(listener: HttpListener) -> None:
    answer = await _get(listener, "/metrics")
    assert answer.status_code == 200
    assert "mssmail_queue_depth 7.0" in answer.text


async def test_health_tells_what_is_wrong(listener: HttpListener, faults: list[str]) -> None:
    assert (await _get(listener, "/healthz")).json() == {"status": "ok", "faults": []}
    faults.append("the white list is stale")
    answer = await _get(listener, "/healthz")
    assert answer.status_code == 503
    assert answer.json()["faults"] == ["the white list is stale"]


async def test_who_connects_right_after_the_start_is_heard() -> None:
    made = HttpListener(Endpoint("127.0.0.1", 0), build_site(list, Health))
    await made.start()
    with socket.create_connection(("127.0.0.1", made.port), timeout=5):  # the loop had no turn since
        pass
    await made.stop()


async def test_a_taken_port_is_an_error_at_start(listener: HttpListener) -> None:
    second = HttpListener(Endpoint("127.0.0.1", listener.port), build_site(list, Health))
    with pytest.raises(OSError, match="in use"):
        await second.start()
    await second.stop()


async def test_a_renewed_certificate_is_shown_at_the_next_handshake(tmp_path: Path) -> None:
    pki = build_pki(read_clock().replace(microsecond=0))
    tls = pki.make_operator("localhost").write(tmp_path, "server")
    shown = [tls, pki.make_operator("renewed.test").write(tmp_path, "renewed")]

    def find_context() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*shown.pop(0))
        return context

    made = HttpListener(Endpoint("127.0.0.1", 0), build_site(list, Health), tls, find_context=find_context)
    await made.start()

    async def read_certificate() -> bytes:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection("127.0.0.1", made.port, ssl=context)
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        return bytes(der)

    first, second = await read_certificate(), await read_certificate()
    await made.stop()
    assert first != second


async def test_a_folder_is_served_over_https(tmp_path: Path) -> None:
    (tmp_path / "list.xml").write_bytes(b"<x/>")
    pki = build_pki(read_clock().replace(microsecond=0))
    tls = pki.make_operator("localhost").write(tmp_path, "server")
    publisher = HttpListener(Endpoint("127.0.0.1", 0), build_folder_site(tmp_path), tls)
    await publisher.start()
    context = ssl.create_default_context(cadata=pki.root.credential.certificate_pem.decode())
    async with httpx.AsyncClient(trust_env=False, verify=context) as client:
        answer = await client.get(f"https://127.0.0.1:{publisher.port}/list.xml")
        missing = await client.get(f"https://127.0.0.1:{publisher.port}/none")
    await publisher.stop()
    assert (answer.content, missing.status_code) == (b"<x/>", 404)
