"""What people must hear of before mail stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.app.watchman import Watchman
from mssmail.core.clock import read_clock
from mssmail.core.names import parse_listed_name
from mssmail.flows.refresh import TrustKeeper
from mssmail.journal import Entry, Event
from mssmail.lab.pki import describe_subject
from mssmail.store.engine import Store, open_store
from mssmail.store.journal import read_entries
from mssmail.store.peers_seen import Direction, SeenPeer, note_peer
from tests.support.operators import Site, build_site, write_list
from tests.support.pki import Pki
from tests.support.waiting import until

NOW = read_clock().replace(microsecond=0)


@dataclass
class Scene:
    """A keeper, a store and a watchman whose rounds the test begins."""

    site: Site
    pki: Pki
    store: Store
    trust: TrustKeeper
    watchman: Watchman
    now: datetime = NOW

    async def see(self, domain: str = "peer.test", host: str = "mss.peer.test") -> None:
        certificate = self.pki.make_operator(host).certificate
        name, ends = parse_listed_name(describe_subject(certificate.subject)), certificate.not_valid_after_utc
        made = self.pki.make_operator(host)
        chain = (made.certificate_der, *(each.public_bytes(Encoding.DER) for each in made.chain))
        peer = SeenPeer("ab" * 32, Direction.OUT, f"CN={host}", name, host, ends, self.now, self.now, chain=chain)
        await asyncio.wrap_future(self.store.submit(lambda conn: note_peer(conn, peer, domain)))

    async def read_alarms(self) -> list[Entry]:
        kept = await asyncio.wrap_future(self.store.read(lambda conn: read_entries(conn, event=Event.ALARM)))
        return [each.entry for each in kept]

    def publish(self, **names: str) -> None:
        credentials = {f"{name}.test": self.pki.make_operator(host) for name, host in names.items()}
        write_list(self.site.folder / "list.xml", self.pki, self.now, credentials)


@asynccontextmanager
async def open_scene(directory: Path) -> AsyncIterator[Scene]:
    pki = Pki(NOW)
    site = build_site(directory / "op", pki, NOW)
    store = open_store(site.settings.server.store)
    scenes: list[Scene] = []

    def read_time() -> datetime:
        return scenes[0].now if scenes else NOW

    async def record(_entry: Entry) -> None:
        return None

    async def wait(_seconds: float) -> None:
        await asyncio.Event().wait()

    trust = TrustKeeper(site.settings.trust, site.settings.server.store, record, clock=read_time, pause=wait)
    watchman = Watchman(site.settings, store, trust, read_time, look_seconds=3_600)
    scenes.append(Scene(site, pki, store, trust, watchman))
    await trust.start()
    await watchman.start()
    await until(lambda: watchman._judged_generation >= 0)  # the rounds from here on are the test's
    try:
        yield scenes[0]
    finally:
        await watchman.stop()
        await trust.stop()
        store.close()


async def test_a_peer_we_talk_to_that_loses_the_name_we_see_is_an_alarm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_scene(tmp_path) as scene:
        await scene.see()
        scene.now += timedelta(hours=2)
        scene.publish(a="mss.a.test", peer="other.peer.test")
        assert await scene.trust.refresh_list()
        loses, gains = await scene.read_alarms()
        assert (loses.facts["alarm"], gains.facts["alarm"]) == ("loses-name", "gains-name")
        assert loses.facts["domain"] == "peer.test"
        assert "peer.test loses the certificate name we see there" in caplog.text
        assert scene.watchman.raised == {"loses-name": 1, "gains-name": 1}


async def test_a_list_that_is_held_tells_it_before_it_counts(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        await scene.see()
        scene.now += timedelta(hours=2)
        scene.publish(a="mss.a.test")
        await scene.trust.refresh_list()
        assert scene.trust.lists.held is not None
        [alarm] = await scene.read_alarms()
        assert str(alarm.facts["list"]).startswith("held: it loses 50 %")
        assert await scene.trust.refresh_list(force=True)
        assert len(await scene.read_alarms()) == 2


async def test_peers_not_seen_for_long_raise_none(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        await scene.see()
        scene.now += timedelta(days=91)
        before = scene.trust.white_list
        assert before is not None
        await scene.watchman.compare_lists(before, replace(before, domains={}), "")
        assert await scene.read_alarms() == []


async def test_what_is_about_to_end_is_told_once_at_each_step(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        assert all(not standing.fault for standing in await scene.watchman.look())
        assert await scene.read_alarms() == []
        own = next(each for each in await scene.watchman.look() if each.kind == "own")
        assert own.ends_at is not None
        scene.now = own.ends_at - timedelta(days=20)
        for _ in range(3):
            await scene.watchman.look()
        told = [entry.facts for entry in await scene.read_alarms() if entry.facts["kind"] == "own"]
        assert [(each["alarm"], each["days_left"]) for each in told] == [("ends", 20)]
        lists = [entry for entry in await scene.read_alarms() if entry.facts["kind"] == "crl"]
        assert len(lists) == 2  # they have ended


async def test_files_that_cannot_be_used_are_an_alarm(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        scene.site.settings.relay.key.write_bytes(b"half a file")
        (scene.site.folder / "anchors" / "new.crt").write_bytes(b"half a certificate")
        assert not await scene.trust.reload_changed()
        await scene.watchman.look()
        await scene.watchman.look()
        assert [entry.facts["alarm"] for entry in await scene.read_alarms()] == ["unusable", "unusable"]
        assert scene.trust.snapshot.anchors == scene.pki.anchors


async def test_a_peer_whose_certificate_a_new_list_revokes_is_an_alarm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_scene(tmp_path) as scene:
        await scene.see()
        assert await scene.read_alarms() == []
        scene.now += timedelta(minutes=1)
        scene.pki.issuing.revoke(scene.pki.make_operator("mss.peer.test").certificate, scene.now)
        (scene.site.folder / "0.crl").write_bytes(scene.pki.issuing.build_crl(scene.now))
        assert await scene.trust.refresh_crls()
        for _ in range(2):
            await scene.watchman.look()
        [alarm] = await scene.read_alarms()
        assert (alarm.facts["alarm"], alarm.facts["domains"]) == ("refused", ["peer.test"])
        assert "mail to mss.peer.test will be refused" in caplog.text
        assert "revoked" in str(alarm.facts["reason"])


async def test_a_closed_store_stops_no_watchman(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_scene(tmp_path) as scene:
        await asyncio.to_thread(scene.store.close)
        second = Watchman(scene.site.settings, scene.store, scene.trust, read_clock, look_seconds=0.01)
        await second.start()
        await until(lambda: caplog.text.count("could not be looked after") > 1)
        await second.stop()
