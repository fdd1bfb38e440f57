"""The HTTP edge over a real socket."""

from collections.abc import AsyncIterator

import httpx
import pytest

from mssmail.settings import Endpoint
from mssmail.web.metrics import Sample
from mssmail.web.server import Health, HttpListener, build_site


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


async def test_a_taken_port_is_an_error_at_start(listener: HttpListener) -> None:
    second = HttpListener(Endpoint("127.0.0.1", listener.port), build_site(list, Health))
    with pytest.raises(OSError, match="in use"):
        await second.start()
    await second.stop()
