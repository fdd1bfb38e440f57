"""Tests of the trust keeper: start, refresh, subscribers, journal, schedule."""

import asyncio
import logging
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mssmail.core.missing import MissingStatus
from mssmail.core.verdict import Outcome
from mssmail.errors import BadCertificate, StoreUnavailable, WorkerFault
from mssmail.flows.refresh import FIRST_RETRY_SECONDS, JITTER, TrustKeeper, plan_pause
from mssmail.flows.revocation_lists import KeptCrl
from mssmail.journal import Entry, Event
from mssmail.policy.freshness import Freshness
from mssmail.settings import Trust
from mssmail.trust.ocsp_request import KeptAnswer
from mssmail.trust.path import verify_path
from mssmail.trust.snapshot import TrustSnapshot, TrustStore
from mssmail.trust.usage import Purpose
from tests.support.lists import RULE, issue_signer, make_entries, make_list
from tests.support.pki import NOW, Pki
from tests.support.publisher import Page, Publisher, make_https_root, make_server_context, publish
from tests.support.responder import Responder

ROOT = make_https_root()


class Scene:
    """A keeper with everything around it: PKI, publisher, clock, journal, and pauses that the test ends."""

    def __init__(self, directory: Path, https: Publisher) -> None:
        self.directory = directory
        self.https = https
        self.pki = Pki()
        self.now = NOW
        self.entries: list[Entry] = []
        self.pauses: list[float] = []
        self.record_fault: Exception | None = None
        self.signer = issue_signer(self.pki.issuing)
        self.pki.write_anchors(directory / "anchors")
        intermediates = directory / "intermediates"
        intermediates.mkdir()
        (intermediates / "issuing.crt").write_bytes(self.pki.intermediates[0])
        (directory / "ca.pem").write_bytes(ROOT.credential.certificate_pem)
        self.settings = Trust(
            anchors=directory / "anchors",
            intermediates=intermediates,
            white_list_url=https.url + "/list",
            white_list_ca=directory / "ca.pem",
            white_list_signer=RULE,
            crl_urls=(https.url + "/issuing.crl", https.url + "/root.crl"),
        )
        self.publish_crls()
        self.publish_list("ch-a.test", "ch-b.test")
        self.keeper = self.make_keeper()

    def make_keeper(self) -> TrustKeeper:
        """Another keeper over the same store."""
        return TrustKeeper(
            self.settings, self.directory / "store", self._record, clock=self._read_clock, pause=self._pause
        )

    def publish_crls(self) -> None:
        issuing, root = self.pki.issuing.build_crl(self.now), self.pki.root.build_crl(self.now)
        self.https.put("/issuing.crl", issuing)
        self.https.put("/root.crl", root)

    def publish_list(self, *domains: str) -> None:
        raw = make_list(make_entries(*domains), generated_at=self.now, signer=self.signer)
        self.https.put("/list", raw)

    def miss(self, address: str = "alice@ch-a.test") -> tuple[MissingStatus, ...]:
        """The status of a signer's certificate."""
        leaf = self.pki.make_person(address).certificate_der
        return (MissingStatus("CN=Test Issuing", leaf, self.pki.intermediates[0]),)

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)

    def _read_clock(self) -> datetime:
        return self.now

    async def _record(self, entry: Entry) -> None:
        if self.record_fault is not None:
            raise self.record_fault
        self.entries.append(entry)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.Event().wait()

    @property
    def told(self) -> list[object]:
        """What the journal says changed, in order."""
        return [entry.facts["what"] for entry in self.entries]


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    with publish(make_server_context(ROOT, tmp_path_factory.mktemp("publisher"))) as publisher:
        yield publisher


@pytest.fixture
async def scene(tmp_path: Path, https: Publisher) -> AsyncIterator[Scene]:
    https.pages.clear()
    https.requests.clear()
    made = Scene(tmp_path, https)
    yield made
    await made.keeper.stop()


async def test_a_first_start_fetches_everything_before_it_answers(scene: Scene) -> None:
    await scene.keeper.start()
    assert scene.keeper.white_list is not None
    assert scene.keeper.white_list.has_domain("ch-a.test")
    assert scene.keeper.freshness(scene.now) is Freshness.FRESH
    assert len(scene.keeper.snapshot.crls) == 2
    assert scene.keeper.store.snapshot is scene.keeper.snapshot
    assert scene.told == ["crl", "crl", "white-list"]
    assert {entry.event for entry in scene.entries} == {Event.TRUST_CHANGED}


async def test_a_start_offline_serves_with_what_the_disk_holds(scene: Scene) -> None:
    await scene.keeper.start()
    await scene.keeper.stop()
    scene.https.pages.clear()
    scene.pass_time(hours=1)
    scene.keeper = scene.make_keeper()
    await scene.keeper.start()
    assert scene.keeper.white_list is not None
    person = scene.pki.make_person("a@ch-a.test")
    result = verify_path(person.certificate_der, (), scene.keeper.store, Purpose.SMIME, scene.now)
    assert result.is_trusted
    assert scene.told == ["crl", "crl", "white-list"]  # nothing changed since the first start


async def test_a_start_with_nothing_to_hold_on_to_has_no_list(scene: Scene) -> None:
    scene.https.pages.clear()
    await scene.keeper.start()
    assert scene.keeper.white_list is None
    assert scene.keeper.freshness(scene.now) is Freshness.STALE
    assert not await scene.keeper.refresh_list()
    assert "404" in scene.keeper.lists.last_fault


async def test_a_start_without_anchors_fails(scene: Scene) -> None:
    shutil.rmtree(scene.directory / "anchors")
    (scene.directory / "anchors").mkdir()
    with pytest.raises(BadCertificate, match="holds no certificate"):
        await scene.keeper.start()


async def test_subscribers_get_every_new_generation(scene: Scene) -> None:
    seen: list[tuple[int, TrustStore]] = []

    async def subscriber(snapshot: TrustSnapshot, store: TrustStore) -> None:
        seen.append((snapshot.generation, store))

    scene.keeper.subscribe(subscriber)
    await scene.keeper.start()
    assert [generation for generation, _ in seen] == [1, 2]
    assert seen[-1][1] is scene.keeper.store
    await scene.keeper.refresh_crls()
    assert len(seen) == 2  # nothing new, no generation
    scene.pass_time(hours=1)
    scene.publish_crls()
    await scene.keeper.refresh_crls()
    assert [generation for generation, _ in seen] == [1, 2, 3]


async def test_a_subscriber_in_trouble_keeps_the_news_from_no_other(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    async def troubled(snapshot: TrustSnapshot, store: TrustStore) -> None:
        raise WorkerFault("it died")

    async def subscriber(snapshot: TrustSnapshot, store: TrustStore) -> None:
        seen.append(snapshot.generation)

    scene.keeper.subscribe(troubled)
    scene.keeper.subscribe(subscriber)
    await scene.keeper.start()
    assert seen == [1, 2]
    assert "did not take the new trust data" in caplog.text


async def test_a_revocation_reaches_the_store(scene: Scene) -> None:
    await scene.keeper.start()
    person = scene.pki.make_person("a@ch-a.test")
    scene.pass_time(hours=1)
    scene.pki.issuing.revoke(person.certificate, scene.now)
    scene.publish_crls()
    assert await scene.keeper.refresh_crls()
    result = verify_path(person.certificate_der, (), scene.keeper.store, Purpose.SMIME, scene.now)
    assert "revoked" in result.reason


async def test_the_list_waits_for_the_crl_that_its_signer_needs(scene: Scene) -> None:
    """CRLs ended while the server was cut off: the first list afterwards must not fail for that."""
    await scene.keeper.start()
    scene.pass_time(days=10)
    scene.publish_crls()
    scene.publish_list("ch-c.test", "ch-a.test", "ch-b.test")
    assert await scene.keeper.refresh_list()
    assert scene.keeper.white_list is not None
    assert scene.keeper.white_list.has_domain("ch-c.test")


async def test_changed_certificates_are_taken_without_a_restart(scene: Scene) -> None:
    await scene.keeper.start()
    other = Pki()
    (scene.directory / "anchors" / "other.crt").write_bytes(other.anchors[0])
    assert await scene.keeper.refresh_crls()
    assert set(scene.keeper.snapshot.anchors) == {*scene.pki.anchors, *other.anchors}
    assert scene.told[-1] == "certificates"


async def test_a_broken_certificate_file_keeps_the_old_ones_and_is_told(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    await scene.keeper.start()
    before = scene.keeper.snapshot
    broken = scene.directory / "anchors" / "other.crt"
    broken.write_bytes(b"no certificate")
    assert not await scene.keeper.refresh_crls()
    assert not await scene.keeper.refresh_crls()
    assert scene.keeper.snapshot is before
    assert "other.crt" in scene.keeper.certificates_fault
    assert len([line for line in caplog.messages if "the old ones stay" in line]) == 1
    broken.unlink()
    assert await scene.keeper.refresh_crls()
    assert scene.keeper.certificates_fault == ""


async def test_a_ca_bundle_that_cannot_be_read_believes_nobody_more(scene: Scene) -> None:
    (scene.directory / "ca.pem").write_bytes(b"")
    await scene.keeper.start()
    assert scene.keeper.white_list is None
    assert "ca.pem" in scene.keeper.certificates_fault
    assert "CERTIFICATE_VERIFY_FAILED" in scene.keeper.lists.last_fault


async def test_without_a_bundle_the_anchors_serve_for_https(scene: Scene) -> None:
    scene.settings = replace(scene.settings, white_list_ca=None)
    (scene.directory / "anchors" / "https.crt").write_bytes(ROOT.credential.certificate_pem)
    scene.keeper = scene.make_keeper()
    await scene.keeper.start()
    assert scene.keeper.white_list is not None
    assert len(scene.keeper.snapshot.crls) == 2


async def test_what_cannot_be_read_of_a_snapshot_is_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await scene.keeper.start()
    bad = KeptCrl(b"no list", "0" * 64, "CN=X", None, NOW, NOW)
    scene.keeper.crls.kept[bad.key] = bad
    await scene.keeper.refresh_crls()
    assert "trust data left out: not a readable CRL" in caplog.text


async def test_age_turns_a_list_stale(scene: Scene) -> None:
    await scene.keeper.start()
    now = scene.now
    assert scene.keeper.freshness(now + timedelta(days=4)) is Freshness.AGEING
    assert scene.keeper.freshness(now + timedelta(days=15)) is Freshness.STALE


async def test_an_ageing_list_is_told_at_the_start(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await scene.keeper.start()
    await scene.keeper.stop()
    scene.pass_time(days=5)
    scene.https.pages.clear()
    scene.keeper = scene.make_keeper()
    await scene.keeper.start()
    assert "the white list is ageing" in caplog.text


async def test_a_held_list_is_adopted_once_confirmed(scene: Scene) -> None:
    await scene.keeper.start()
    scene.pass_time(hours=1)
    scene.publish_list("ch-a.test")
    await scene.keeper.refresh_list()
    assert scene.keeper.lists.held is not None
    assert not await scene.keeper.confirm_held()
    scene.keeper.lists._disk.confirm()
    assert await scene.keeper.confirm_held()
    assert scene.keeper.white_list is not None
    assert not scene.keeper.white_list.has_domain("ch-b.test")
    assert scene.told[-1] == "white-list"


async def test_the_journals_trouble_does_not_undo_a_change(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.record_fault = StoreUnavailable("no disk")
    await scene.keeper.start()
    assert scene.keeper.white_list is not None
    assert "not in the journal" in caplog.text


async def test_a_missing_crl_is_asked_for_at_once_and_not_too_often(scene: Scene) -> None:
    page = scene.https.pages.pop("/issuing.crl")
    await scene.keeper.start()
    assert len(scene.keeper.snapshot.crls) == 1
    missing = scene.miss()
    scene.https.requests.clear()
    assert not await scene.keeper.fetch_missing(missing, 5)
    assert not await scene.keeper.fetch_missing(missing, 5)
    assert [path for path, _ in scene.https.requests].count("/issuing.crl") == 1
    scene.https.pages["/issuing.crl"] = page
    scene.pass_time(seconds=31)
    assert await scene.keeper.fetch_missing(missing, 5)
    assert len(scene.keeper.snapshot.crls) == 2


async def test_messages_that_miss_the_same_crl_share_one_question(scene: Scene) -> None:
    page = scene.https.pages.pop("/issuing.crl")
    await scene.keeper.start()
    scene.https.pages["/issuing.crl"] = page
    scene.https.requests.clear()
    answers = await asyncio.gather(*(scene.keeper.fetch_missing(scene.miss(), 5) for _ in range(5)))
    assert answers == [True] * 5
    assert [path for path, _ in scene.https.requests].count("/issuing.crl") == 1


class OcspScene:
    """The scene with a responder for the issuing CA, whose list cannot be had."""

    def __init__(self, scene: Scene) -> None:
        self.alice = scene.pki.make_person("alice@ch-a.test")
        self.responder = Responder(scene.pki.issuing.credential, scene._read_clock, [self.alice.certificate])
        scene.https.pages.pop("/issuing.crl")
        scene.https.pages["/ocsp"] = Page(answer=self.responder.answer)
        scene.settings = replace(scene.settings, ocsp_urls=(scene.https.url + "/ocsp",))
        scene.keeper = scene.make_keeper()

    def judge(self, keeper: TrustKeeper, at: datetime) -> Outcome:
        return verify_path(self.alice.certificate_der, (), keeper.store, Purpose.SMIME, at).revocation.outcome


async def test_a_first_seen_signer_is_asked_about_and_joins_the_snapshot_in_use(scene: Scene) -> None:
    ocsp = OcspScene(scene)
    heard: list[KeptAnswer] = []
    scene.keeper.subscribe_answers(heard.append)
    await scene.keeper.start()
    assert ocsp.judge(scene.keeper, scene.now) is Outcome.UNKNOWN
    generation, version = scene.keeper.snapshot.generation, scene.keeper.version
    assert await scene.keeper.fetch_missing(scene.miss(), 5)
    assert ocsp.judge(scene.keeper, scene.now) is Outcome.PASSED
    assert (scene.keeper.snapshot.generation, scene.keeper.version) == (generation, version + 1)
    assert [kept.raw for kept in heard] == list(scene.keeper.snapshot.responses)
    assert ocsp.responder.asked[-1] == ocsp.alice.certificate.serial_number
    while "ocsp" not in scene.told:  # noqa: ASYNC110 - it has no bell
        await asyncio.sleep(0.01)


async def test_an_answer_is_there_after_a_restart_and_in_the_next_generation(scene: Scene) -> None:
    ocsp = OcspScene(scene)
    await scene.keeper.start()
    await scene.keeper.fetch_missing(scene.miss(), 5)
    await scene.keeper.answers.settle()
    await scene.keeper.stop()
    scene.https.pages.pop("/ocsp")
    scene.keeper = scene.make_keeper()
    await scene.keeper.start()
    assert ocsp.judge(scene.keeper, scene.now) is Outcome.PASSED
    scene.pass_time(hours=1)
    scene.https.put("/root.crl", scene.pki.root.build_crl(scene.now))
    assert not await scene.keeper.refresh_crls()  # the issuing CA's is still not to be had
    assert ocsp.judge(scene.keeper, scene.now) is Outcome.PASSED


async def test_whom_ocsp_revokes_is_revoked_although_a_path_was_good_before(scene: Scene) -> None:
    ocsp = OcspScene(scene)
    await scene.keeper.start()
    await scene.keeper.fetch_missing(scene.miss(), 5)
    assert ocsp.judge(scene.keeper, scene.now) is Outcome.PASSED
    await scene.keeper.answers.settle()
    ocsp.responder.revoked.add(ocsp.alice.certificate.serial_number)
    scene.pass_time(seconds=31)
    assert await scene.keeper.fetch_missing(scene.miss(), 5)
    assert ocsp.judge(scene.keeper, scene.now) is Outcome.FAILED


async def test_a_responder_that_is_silent_costs_no_more_than_the_time_given(scene: Scene) -> None:
    ocsp = OcspScene(scene)
    is_let_go = threading.Event()

    def wait(question: bytes) -> bytes:
        is_let_go.wait(20)
        return ocsp.responder.answer(question)

    scene.https.pages["/ocsp"] = Page(answer=wait)
    await scene.keeper.start()
    assert not await scene.keeper.fetch_missing(scene.miss(), 0.01)
    is_let_go.set()
    # The question went on: the retry finds the answer.
    while ocsp.judge(scene.keeper, scene.now) is not Outcome.PASSED:  # noqa: ASYNC110 - it has no bell
        await asyncio.sleep(0.01)


async def test_nothing_missing_asks_nobody(scene: Scene) -> None:
    await scene.keeper.start()
    scene.https.requests.clear()
    assert not await scene.keeper.fetch_missing((), 5)
    assert scene.https.requests == []


async def test_the_schedule_is_set_up_with_jitter(scene: Scene) -> None:
    await scene.keeper.start()
    await asyncio.sleep(0)
    periods = sorted(scene.pauses)
    assert len(periods) == 3
    assert periods[0] == 10
    assert all(3_600 * (1 - JITTER) <= pause <= 3_600 * (1 + JITTER) for pause in periods[1:])


async def test_the_schedule_goes_on_after_failures_and_mistakes(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    rounds = asyncio.Queue[float]()
    go = asyncio.Semaphore(0)

    async def pause(seconds: float) -> None:
        if seconds == 10:  # the watch
            await asyncio.Event().wait()
        rounds.put_nowait(seconds)
        await go.acquire()

    scene.https.pages.clear()
    scene.keeper = TrustKeeper(
        scene.settings, scene.directory / "store", scene._record, clock=scene._read_clock, pause=pause
    )
    await scene.keeper.start()
    assert [await rounds.get() > 3_000, await rounds.get() > 3_000] == [True, True]
    for _ in range(2):
        go.release()
    after = [await rounds.get(), await rounds.get()]
    assert all(seconds <= FIRST_RETRY_SECONDS * (1 + JITTER) for seconds in after)
    scene.publish_crls()
    scene.publish_list("ch-a.test")
    for _ in range(2):
        go.release()
    assert [await rounds.get() > 3_000, await rounds.get() > 3_000] == [True, True]
    assert scene.keeper.white_list is not None


async def test_the_watch_adopts_what_was_confirmed_meanwhile(scene: Scene) -> None:
    go = asyncio.Semaphore(0)
    looked = asyncio.Queue[None]()

    async def pause(seconds: float) -> None:
        if seconds != 10:
            await asyncio.Event().wait()
        looked.put_nowait(None)
        await go.acquire()

    scene.keeper = TrustKeeper(
        scene.settings, scene.directory / "store", scene._record, clock=scene._read_clock, pause=pause
    )
    await scene.keeper.start()
    await looked.get()
    scene.pass_time(hours=1)
    scene.publish_list("ch-a.test")
    await scene.keeper.refresh_list()
    scene.keeper.lists._disk.confirm()
    go.release()
    await looked.get()
    assert scene.keeper.lists.held is None
    assert scene.keeper.white_list is not None
    assert not scene.keeper.white_list.has_domain("ch-b.test")


async def test_a_mistake_of_ours_is_logged_and_the_next_round_comes(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    await scene.keeper.start()
    scene.record_fault = ZeroDivisionError()
    scene.pass_time(hours=1)
    scene.publish_crls()
    with caplog.at_level(logging.ERROR):
        assert await scene.keeper.fetch_missing(scene.miss(), 5)
    assert "could not be refreshed" in caplog.text


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 3_600), (1, 30), (2, 60), (3, 120), (7, 1_920), (8, 3_600), (99, 3_600)]
)
def test_pauses_grow_with_failures_up_to_the_period(failures: int, pause: float) -> None:
    assert plan_pause(failures, 3_600, 0.5) == pytest.approx(pause)
    assert plan_pause(failures, 3_600, 0.0) == pytest.approx(pause * 0.9)
    assert plan_pause(failures, 3_600, 0.999) < pause * 1.1


async def test_anchors_are_read_again_when_their_files_change_and_two_may_overlap(scene: Scene) -> None:
    await scene.keeper.start()
    generation = scene.keeper.snapshot.generation
    assert await scene.keeper.reload_changed()
    assert scene.keeper.snapshot.generation == generation
    (scene.directory / "anchors" / "next.crt").write_bytes(ROOT.credential.certificate_pem)
    assert await scene.keeper.reload_changed()
    assert scene.keeper.snapshot.generation == generation + 1
    assert len(scene.keeper.snapshot.anchors) == 2
    (scene.directory / "anchors" / "root.crt").unlink()
    assert await scene.keeper.reload_changed()
    assert list(scene.keeper.snapshot.anchors) == [ROOT.credential.certificate_der]


async def test_a_broken_anchor_file_keeps_the_old_ones_until_it_is_mended(scene: Scene) -> None:
    await scene.keeper.start()
    path = scene.directory / "intermediates" / "half.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA")
    assert not await scene.keeper.reload_changed()
    assert "half.pem" in scene.keeper.certificates_fault
    assert scene.keeper.snapshot.intermediates == scene.pki.intermediates
    path.unlink()
    assert await scene.keeper.reload_changed()
    assert scene.keeper.certificates_fault == ""
