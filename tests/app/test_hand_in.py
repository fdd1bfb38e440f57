"""Handed in from the command line, a message goes the way of every submission (see also tests/cli)."""

import asyncio
from pathlib import Path

from mssmail.app.hand_in import hand_in
from mssmail.app.operator import Operator
from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.store.engine import open_store
from mssmail.store.journal import read_entries
from tests.support.operators import build_site
from tests.support.pki import Pki

_MARIE = parse_address("marie@a.test")
_LETTER = b"From: marie@a.test\r\nTo: marie@a.test\r\nSubject: x\r\n\r\nx\r\n"


async def _serve_briefly(site: object) -> None:
    async with Operator(site.settings):  # type: ignore[attr-defined]
        await asyncio.to_thread(_check_beside, site)


def _check_beside(site: object) -> None:
    reply = hand_in(site.settings, _LETTER, _MARIE, [_MARIE])  # type: ignore[attr-defined]
    assert reply.code == 250


def test_beside_a_running_server_it_is_delivered_and_journalled(tmp_path: Path) -> None:
    now = read_clock()
    site = build_site(tmp_path / "op", Pki(now.replace(microsecond=0)), now)
    asyncio.run(_serve_briefly(site))
    other = hand_in(site.settings, _LETTER.replace(b"From: marie", b"From: paul"), _MARIE, [_MARIE])
    assert str(other).startswith("550 5.7.1")
    store = open_store(site.settings.server.store)
    events = [each.entry.event.value for each in store.read(read_entries).result()]
    store.close()
    assert {"submitted", "delivered", "refused"} <= set(events)
