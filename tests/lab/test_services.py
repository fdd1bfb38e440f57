"""The publisher serves fresh lists over HTTP and HTTPS."""

import asyncio
import ssl
from pathlib import Path

import httpx
from cryptography import x509

from mssmail.core.clock import read_clock
from mssmail.lab.authorities import create_authorities
from mssmail.lab.layout import Lab
from mssmail.lab.pki import Profile, build_subject
from mssmail.lab.services import Publisher
from tests.support.ports import find_port_base


async def test_revocation_lists_come_by_http_and_the_white_list_by_https(tmp_path: Path) -> None:
    lab = Lab(str(tmp_path), find_port_base())
    lab.published.mkdir()
    lab.white_list_file.write_bytes(b"<list/>")
    made = create_authorities(tmp_path / "ca", read_clock(), lab.crl_url("root"), lab.crl_url("issuing"))
    tls = made.issuing.issue(Profile.SERVER, build_subject("localhost"), read_clock(), hosts=("localhost", "127.0.0.1"))
    tls.write(tmp_path / "ca", "publisher")
    stop = asyncio.Event()
    running = asyncio.create_task(Publisher(lab).run(stop))
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    async with httpx.AsyncClient(trust_env=False, verify=context) as client:
        crl = await _get(client, lab.crl_url("issuing"), running)
        white_list = await _get(client, lab.white_list_url, running)
    stop.set()
    await running
    assert x509.load_der_x509_crl(crl).is_signature_valid(made.issuing.certificate.public_key())  # type: ignore[arg-type]
    assert white_list == b"<list/>"


async def _get(client: httpx.AsyncClient, url: str, running: asyncio.Task[None]) -> bytes:
    while not running.done():
        try:
            return (await client.get(url)).content
        except httpx.ConnectError:
            await asyncio.sleep(0.02)
    await running
    raise AssertionError("the publisher ended")
