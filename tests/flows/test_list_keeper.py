"""Tests of adopting, holding and keeping the white list."""

import asyncio
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.core.missing import name_issuers
from mssmail.flows.last_good import LastGood
from mssmail.flows.list_keeper import ListKeeper
from mssmail.settings import Trust
from mssmail.trust.sign_list import ListEntry
from mssmail.trust.snapshot import TrustSnapshot
from tests.support.lists import GENERATED_AT, NAME, RULE, make_entries, make_list, make_signer, make_store
from tests.support.pki import NOW
from tests.support.publisher import Publisher, make_https_root, make_server_context, publish

SNAPSHOT = make_store().snapshot
ROOT = make_https_root()
CONTEXT = ssl.create_default_context(cadata=ROOT.credential.certificate_der)
HOUR = timedelta(hours=1)
MANY = [f"ch-{number}.test" for number in range(10)]


class Scene:
    """A keeper that reads its list from a file."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "list.xml"
        self.settings = Trust(white_list_file=self.file, white_list_signer=RULE)
        self.disk = LastGood(directory / "trust")
        self.keeper = ListKeeper(self.settings, self.disk)

    async def refresh(self, raw: bytes | None = None, *, force: bool = False, now_hours: float = 0) -> bool:
        """Publish these octets and refresh."""
        if raw is not None:
            self.file.write_bytes(raw)
        return await self.keeper.refresh(SNAPSHOT, CONTEXT, NOW + now_hours * HOUR, force=force)

    def restart(self) -> None:
        """A new keeper over the same disk."""
        self.keeper = ListKeeper(self.settings, self.disk)

    @property
    def domains(self) -> set[str]:
        """What is listed now."""
        return set() if self.keeper.white_list is None else set(self.keeper.white_list.domains)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


async def test_adopts_a_good_list(scene: Scene) -> None:
    assert await scene.refresh(make_list())
    assert scene.domains == {"ch-a.test", "ch-b.test"}
    assert scene.keeper.describe_change()["counts"] == {"added": 2, "removed": 0, "changed": 0}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not well-formed"),
        (make_list()[:-300], "not well-formed"),
        (make_list().replace(b">ch-a.test", b">ch-z.test"), "digest differs"),
        (make_list(signer=make_signer(name="other.test", email="other@mssante.test")), "signer rule"),
    ],
)
async def test_a_bad_list_changes_nothing_and_is_told(
    scene: Scene, raw: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    await scene.refresh(make_list())
    before = scene.keeper.white_list
    assert not await scene.refresh(raw, now_hours=1)
    assert not await scene.refresh(raw, now_hours=2)
    assert scene.keeper.white_list is before
    assert reason in scene.keeper.last_fault
    assert len([line for line in caplog.messages if reason in line]) == 1
    assert await scene.refresh(make_list(), now_hours=3)
    assert scene.keeper.last_fault == ""


async def test_the_same_list_is_not_read_again(scene: Scene) -> None:
    await scene.refresh(make_list())
    before = scene.keeper.white_list
    assert await scene.refresh(now_hours=1)
    assert scene.keeper.white_list is before


async def test_a_change_is_described_domain_by_domain(scene: Scene) -> None:
    await scene.refresh(make_list(make_entries(*MANY)))
    entries = [
        *make_entries(*MANY[2:], "new.test"),
        ListEntry(MANY[1], NAME.format("moved"), NOW),
    ]
    await scene.refresh(make_list(entries, generated_at=NOW))
    change = scene.keeper.describe_change()
    assert change["added"] == ["new.test"]
    assert change["removed"] == [MANY[0]]
    assert change["changed"] == [
        {
            "domain": MANY[1],
            "gained": ["CN=mss.moved,OU=1990000001,O=centre hospitalier moved,ST=nord (59),C=fr"],
            "lost": [f"CN=mss.{MANY[1]},OU=1990000001,O=centre hospitalier {MANY[1]},ST=nord (59),C=fr"],
        }
    ]


async def test_nothing_to_describe_before_the_first_list(scene: Scene) -> None:
    with pytest.raises(ValueError, match="no list"):
        scene.keeper.describe_change()


async def test_an_older_list_waits_however_valid(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await scene.refresh(make_list())
    assert await scene.refresh(make_list(make_entries("old.test"), generated_at=GENERATED_AT - HOUR))
    assert scene.domains == {"ch-a.test", "ch-b.test"}
    assert await scene.refresh(now_hours=1)
    assert scene.keeper.held is not None
    assert "older than the one in use" in scene.keeper.held.reason
    assert len([line for line in caplog.messages if "waits for confirmation" in line]) == 1


async def test_an_older_list_is_adopted_by_force(scene: Scene) -> None:
    await scene.refresh(make_list())
    assert await scene.refresh(make_list(make_entries("old.test"), generated_at=GENERATED_AT - HOUR), force=True)
    assert scene.domains == {"old.test"}


async def test_a_list_that_loses_too_much_waits_until_it_is_confirmed(scene: Scene) -> None:
    await scene.refresh(make_list(make_entries(*MANY)))
    await scene.refresh(make_list(make_entries(*MANY[3:]), generated_at=NOW))
    assert len(scene.domains) == 10
    assert not await scene.keeper.adopt_confirmed(SNAPSHOT, NOW)
    scene.disk.confirm()
    assert await scene.keeper.adopt_confirmed(SNAPSHOT, NOW)
    assert len(scene.domains) == 7
    assert scene.keeper.held is None
    assert scene.disk.load_held() is None


async def test_a_list_that_loses_as_much_as_is_allowed_is_adopted(scene: Scene) -> None:
    await scene.refresh(make_list(make_entries(*MANY)))
    await scene.refresh(make_list(make_entries(*MANY[2:]), generated_at=NOW))
    assert len(scene.domains) == 8


async def test_the_next_good_list_settles_what_was_held(scene: Scene) -> None:
    await scene.refresh(make_list(make_entries(*MANY)))
    await scene.refresh(make_list(make_entries(*MANY[5:]), generated_at=NOW - HOUR))
    assert scene.keeper.held is not None
    await scene.refresh(make_list(make_entries(*MANY), generated_at=NOW))
    assert scene.keeper.held is None
    assert scene.disk.load_held() is None


async def test_what_is_held_is_held_after_a_restart(scene: Scene) -> None:
    await scene.refresh(make_list(make_entries(*MANY)))
    await scene.refresh(make_list(make_entries(*MANY[5:]), generated_at=NOW))
    held = scene.keeper.held
    scene.restart()
    await scene.keeper.load(SNAPSHOT, NOW)
    assert scene.keeper.held == held
    assert len(scene.domains) == 10


async def test_a_confirmed_list_is_judged_again(scene: Scene) -> None:
    await scene.refresh(make_list(make_entries(*MANY)))
    await scene.refresh(make_list(make_entries(*MANY[5:]), generated_at=NOW))
    scene.disk.confirm()
    distrust = replace(SNAPSHOT, anchors=(make_https_root().credential.certificate_der,))
    assert not await scene.keeper.adopt_confirmed(distrust, NOW)
    assert len(scene.domains) == 10
    assert scene.disk.find_confirmed() is None


async def test_a_restart_offline_begins_with_the_last_good_list(scene: Scene) -> None:
    await scene.refresh(make_list())
    scene.file.unlink()
    scene.restart()
    await scene.keeper.load(SNAPSHOT, NOW + timedelta(days=30))
    assert scene.domains == {"ch-a.test", "ch-b.test"}
    assert not await scene.refresh(now_hours=1)
    assert scene.domains == {"ch-a.test", "ch-b.test"}


async def test_after_a_restart_an_older_list_still_waits(scene: Scene) -> None:
    await scene.refresh(make_list())
    scene.restart()
    await scene.keeper.load(SNAPSHOT, NOW)
    await scene.refresh(make_list(make_entries("old.test"), generated_at=GENERATED_AT - HOUR))
    assert scene.domains == {"ch-a.test", "ch-b.test"}


async def test_a_last_good_list_that_no_longer_holds_is_not_used(scene: Scene) -> None:
    await scene.refresh(make_list())
    scene.restart()
    distrust = TrustSnapshot(1, (make_https_root().credential.certificate_der,))
    await scene.keeper.load(distrust, NOW)
    assert scene.domains == set()
    assert "last good white list is not used" in scene.keeper.last_fault


async def test_names_the_crl_without_which_the_signer_cannot_be_judged(scene: Scene) -> None:
    scene.file.write_bytes(make_list())
    assert not await scene.keeper.refresh(replace(SNAPSHOT, crls=()), CONTEXT, NOW)
    assert any("Test Issuing" in name for name in name_issuers(scene.keeper.missing))
    assert await scene.refresh()
    assert scene.keeper.missing == ()


async def test_a_list_is_used_even_when_the_disk_cannot_keep_it(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "trust").write_bytes(b"")
    assert await scene.refresh(make_list(make_entries(*MANY)))
    assert len(scene.domains) == 10
    assert "in use but not on disk" in caplog.text
    await scene.refresh(make_list(make_entries(*MANY[5:]), generated_at=NOW))
    assert scene.keeper.held is not None
    assert "that waits is not on disk" in caplog.text


async def test_entries_that_cannot_be_read_are_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    from mssmail.trust.sign_list import build_white_list
    from tests.support.lists import sign

    raw = build_white_list(make_entries(*MANY), GENERATED_AT).replace(b">ch-0.test<", b">?<")
    await scene.refresh(sign(raw))
    assert "white list: entry 1 (?)" in caplog.text


async def test_without_a_source_there_is_nothing_to_fetch(tmp_path: Path) -> None:
    keeper = ListKeeper(Trust(), LastGood(tmp_path))
    assert not keeper.is_configured
    assert not await keeper.refresh(SNAPSHOT, CONTEXT, NOW)
    assert "neither" in keeper.last_fault


async def test_a_list_is_never_fetched_without_tls(tmp_path: Path) -> None:
    keeper = ListKeeper(Trust(white_list_url="http://127.0.0.1:1/", white_list_signer=RULE), LastGood(tmp_path))
    assert keeper.is_configured
    assert not await keeper.refresh(SNAPSHOT, CONTEXT, NOW)
    assert "https only" in keeper.last_fault


def _keeper(https: Publisher, directory: Path) -> ListKeeper:
    settings = Trust(white_list_url=https.url + "/list", white_list_signer=RULE)
    return ListKeeper(settings, LastGood(directory / "trust"))


async def test_asks_by_etag_also_after_a_restart(tmp_path: Path) -> None:
    with publish(make_server_context(ROOT, tmp_path)) as https:
        https.put("/list", make_list(), ETag='"1"')
        keeper = _keeper(https, tmp_path)
        assert await keeper.refresh(SNAPSHOT, CONTEXT, NOW)
        again = _keeper(https, tmp_path)
        await again.load(SNAPSHOT, NOW)
        assert await again.refresh(SNAPSHOT, CONTEXT, NOW)
        assert again.white_list == keeper.white_list
        assert [headers.get("If-None-Match") for _, headers in https.requests] == [None, '"1"']


async def test_the_etag_of_another_address_is_not_used(tmp_path: Path) -> None:
    with publish(make_server_context(ROOT, tmp_path)) as https:
        https.put("/list", make_list(), ETag='"1"')
        await _keeper(https, tmp_path).refresh(SNAPSHOT, CONTEXT, NOW)
        https.put("/other", make_list(make_entries(*MANY), generated_at=NOW), ETag='"1"')
        settings = Trust(white_list_url=https.url + "/other", white_list_signer=RULE)
        moved = ListKeeper(settings, LastGood(tmp_path / "trust"))
        await moved.load(SNAPSHOT, NOW)
        await moved.refresh(SNAPSHOT, CONTEXT, NOW, force=True)
        assert moved.white_list is not None
        assert len(moved.white_list.domains) == 10


async def test_reading_a_list_does_not_hold_up_the_loop(scene: Scene) -> None:
    scene.file.write_bytes(make_list(make_entries(*(f"ch-{number}.test" for number in range(9_000)))))
    refreshing = asyncio.create_task(scene.refresh())
    turns = 0
    while not refreshing.done():
        await asyncio.sleep(0)
        turns += 1
    assert await refreshing
    assert turns > 20
