"""One operator in this process: it starts, answers, and leaves nothing behind."""

import asyncio
from pathlib import Path

import httpx
import pytest

from mssmail.app.operator import Operator
from mssmail.core.clock import read_clock
from mssmail.errors import ConfigError, StoreInUse
from tests.support.operators import Site, build_site
from tests.support.pki import Pki


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(read_clock().replace(microsecond=0))


@pytest.fixture
def site(tmp_path: Path, pki: Pki) -> Site:
    return build_site(tmp_path / "op", pki, read_clock())


async def test_it_answers_on_every_listener_and_is_well(site: Site) -> None:
    async with Operator(site.settings) as operator:
        listeners = operator.describe_listeners()
        assert set(listeners) == {"smtp", "submission", "submissions", "imap", "imaps", "http"}
        async with httpx.AsyncClient(trust_env=False) as client:
            health = await client.get(f"http://{listeners['http']}/healthz")
            metrics = await client.get(f"http://{listeners['http']}/metrics")
        assert health.json() == {"status": "ok", "faults": []}
        assert "mssmail_white_list_domains 2.0" in metrics.text
        host, port = listeners["imap"].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert (await reader.readline()).startswith(b"* OK [CAPABILITY IMAP4rev1")
        writer.close()
        await writer.wait_closed()


async def test_it_can_be_started_again_on_the_same_store(site: Site) -> None:
    for _ in range(2):
        async with Operator(site.settings):
            with pytest.raises(StoreInUse):
                async with Operator(site.settings):
                    raise AssertionError("two operators on one store")


async def test_a_fault_of_the_configuration_stops_it_before_anything_starts(site: Site) -> None:
    (site.folder / "operator.key").unlink()
    with pytest.raises(ConfigError, match=r"relay\.key"):
        async with Operator(site.settings):
            raise AssertionError("it started without its key")
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
