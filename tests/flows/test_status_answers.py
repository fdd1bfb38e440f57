"""OCSP answers: asked for once, kept, found again after a restart."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.core.missing import MissingStatus
from mssmail.errors import StoreUnavailable
from mssmail.flows import status_answers
from mssmail.flows.last_good import LastGood
from mssmail.flows.status_answers import StatusAnswers
from mssmail.settings import Trust
from tests.support.odd_certificates import make_root
from tests.support.pki import NOW
from tests.support.publisher import Page, Publisher, publish
from tests.support.responder import Responder

ROOT = make_root("Answering Root")
LEAF, OTHER = ROOT.issue("alice"), ROOT.issue("bob")
ALICE, BOB = (MissingStatus("CN=Answering Root", each.der, ROOT.der) for each in (LEAF, OTHER))
CONTEXT = ssl.create_default_context(cadata=ROOT.der)


@pytest.fixture
def http() -> Iterator[Publisher]:
    with publish() as publisher:
        yield publisher


def make(http: Publisher, tmp_path: Path, **more: object) -> tuple[Responder, StatusAnswers]:
    responder = Responder(ROOT, lambda: NOW, [LEAF.certificate, OTHER.certificate])
    http.pages["/ocsp"] = Page(answer=responder.answer)
    settings = Trust(**({"ocsp_urls": (http.url + "/ocsp",)} | more))  # type: ignore[arg-type]
    return responder, StatusAnswers(settings, LastGood(tmp_path / "trust"))


async def test_each_certificate_is_asked_about_once_in_a_while(http: Publisher, tmp_path: Path) -> None:
    responder, answers = make(http, tmp_path)
    news = await answers.ask((ALICE, BOB), CONTEXT, NOW)
    assert {kept.is_revoked for kept in news} == {False}
    assert answers.has_all((ALICE, BOB), NOW)
    assert len(answers.raws) == 2
    assert await answers.ask((ALICE,), CONTEXT, NOW) == []
    assert len(await answers.ask((ALICE,), CONTEXT, NOW + timedelta(seconds=30))) == 1
    assert len(responder.asked) == 3
    assert http.requests[0][1]["Content-Type"] == "application/ocsp-request"


async def test_the_disk_holds_what_is_in_force_and_who_was_revoked(http: Publisher, tmp_path: Path) -> None:
    responder, answers = make(http, tmp_path)
    responder.revoked.add(OTHER.certificate.serial_number)
    await answers.ask((ALICE, BOB), CONTEXT, NOW)
    _, again = make(http, tmp_path)
    again.load(NOW)
    assert again.kept == answers.kept
    _, later = make(http, tmp_path)
    later.load(NOW + timedelta(days=3))
    assert [kept.is_revoked for kept in later.kept.values()] == [True]
    assert len(list((tmp_path / "trust" / "ocsp").iterdir())) == 1
    assert later.has_all((BOB,), NOW + timedelta(days=3))


async def test_what_the_disk_garbled_is_passed_over(http: Publisher, tmp_path: Path) -> None:
    _, answers = make(http, tmp_path)
    folder = tmp_path / "trust" / "ocsp"
    (folder / "unreadable.json").mkdir(parents=True)
    for number, text in enumerate(("", "[]", "{}", '{"certificate": "00", "issuer": "00", "response": "00"}')):
        (folder / f"{number}.json").write_text(text)
    answers.load(NOW)
    assert answers.kept == {}
    assert [path.name for path in folder.iterdir()] == ["unreadable.json"]


async def test_a_responder_in_trouble_is_told_of_once_and_the_next_one_asked(
    http: Publisher, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    urls = ("ftp://nowhere.test", "http://127.0.0.1:9/", http.url + "/gone", http.url + "/ocsp")
    _, answers = make(http, tmp_path, ocsp_urls=urls)
    assert len(await answers.ask((ALICE,), CONTEXT, NOW)) == 1
    assert set(answers.faults) == set(urls[:3])
    await answers.ask((BOB,), CONTEXT, NOW)
    assert caplog.text.count("OCSP responder") == 3


async def test_nobody_to_ask_is_no_answer(http: Publisher, tmp_path: Path) -> None:
    _, answers = make(http, tmp_path, ocsp_urls=())
    assert not answers.is_configured
    assert await answers.ask((ALICE, MissingStatus("", b"", b"")), CONTEXT, NOW) == []
    assert not answers.has_all((ALICE,), NOW)


async def test_an_old_answer_served_again_frees_nobody(http: Publisher, tmp_path: Path) -> None:
    responder, answers = make(http, tmp_path)
    responder.revoked.add(LEAF.certificate.serial_number)
    await answers.ask((ALICE,), CONTEXT, NOW)
    responder.revoked.clear()
    responder.age = timedelta(minutes=5)
    await answers.ask((ALICE,), CONTEXT, NOW + timedelta(minutes=1))
    assert [kept.is_revoked for kept in answers.kept.values()] == [True]


async def test_room_is_made_by_what_ends_first_never_by_who_was_revoked(
    http: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_answers, "MAX_ANSWERS", 1)
    responder, answers = make(http, tmp_path)
    responder.revoked.add(LEAF.certificate.serial_number)
    await answers.ask((ALICE,), CONTEXT, NOW)
    await answers.ask((BOB,), CONTEXT, NOW)
    assert [kept.is_revoked for kept in answers.kept.values()] == [True]


async def test_a_full_disk_stops_no_answer(http: Publisher, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "trust").write_text("in the way")
    _, answers = make(http, tmp_path)
    assert len(await answers.ask((ALICE,), CONTEXT, NOW)) == 1
    assert "is in use but not on disk" in caplog.text
    with pytest.raises(StoreUnavailable):
        await asyncio.to_thread(LastGood(tmp_path / "trust").keep_answer, "ab" * 32, b"")
    with pytest.raises(ValueError, match="SHA-256"):
        LastGood(tmp_path / "trust").keep_answer("../x", b"")
