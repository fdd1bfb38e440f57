"""A signer that turns out to have been revoked when its message came."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.missing import MissingStatus
from mssmail.core.verdict import UNSIGNED
from mssmail.flows.later_news import LaterNews, find_signer_key
from mssmail.flows.signing import load_signing_key
from mssmail.journal import Event
from mssmail.smime.sign import sign_message
from mssmail.store.aliases import add_targets
from mssmail.store.messages import find_by_trace
from mssmail.store.signers import News, list_news
from mssmail.trust.ocsp_request import build_request, read_response
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.operator_room import BOB, CAROL, MESSAGE, Operator, build_envelope, open_operator
from tests.support.pki import Pki
from tests.support.responder import Responder

NOW = datetime.now(UTC).replace(microsecond=0)


def build_store(pki: Pki) -> TrustStore:
    lists = pki.issuing.build_crl(pki.now), pki.root.build_crl(pki.now)
    return build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, lists))


async def receive(operator: Operator, pki: Pki, directory: Path, *recipients: Address) -> str:
    """The id of a message that alice signed, taken now."""
    operator.trust.store = build_store(pki)
    key = load_signing_key(pki.make_person("alice@a.test").write_bundle(directory / "alice.pem"))
    envelope = build_envelope(sign_message(MESSAGE, key, NOW), *recipients)
    assert (await operator.receiver.receive(envelope)).code == 250
    return envelope.id


async def read_news(operator: Operator, trace_id: str) -> list[News]:
    read = operator.store.read(lambda conn: list_news(conn, find_by_trace(conn, trace_id)[0]))
    return await asyncio.wrap_future(read)


async def tell(news: LaterNews, trust: TrustStore) -> None:
    await news.take_snapshot(trust.snapshot, trust)
    await news.settle()


async def test_a_list_that_revokes_the_signer_before_reception_adds_a_dated_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pki = Pki(NOW)
    async with open_operator(tmp_path) as operator:
        trace_id = await receive(operator, pki, tmp_path)
        news = LaterNews(operator.store, operator.intake.clock)
        await tell(news, build_store(pki))
        assert await read_news(operator, trace_id) == []
        pki.issuing.revoke(pki.make_person("alice@a.test").certificate, NOW - timedelta(days=1))
        await tell(news, build_store(pki))
        await tell(news, build_store(pki))
        [line] = await read_news(operator, trace_id)
        assert line.facts["since"] == (NOW - timedelta(days=1)).isoformat()
        assert str(line.facts["by"]).startswith("the CRL of CN=Test Issuing")
        assert (await operator.load(trace_id)).summary == "trusted"
        [entry] = await operator.read_journal(Event.LATER_NEWS)
        assert entry.trace_id == trace_id
        assert caplog.text.count("revoked at that time") == 1
        assert news.told == 1


async def test_a_revocation_after_reception_is_no_news_of_the_message(tmp_path: Path) -> None:
    pki = Pki(NOW)
    async with open_operator(tmp_path) as operator:
        trace_id = await receive(operator, pki, tmp_path)
        pki.issuing.revoke(pki.make_person("alice@a.test").certificate, NOW + timedelta(hours=1))
        news = LaterNews(operator.store, operator.intake.clock)
        await tell(news, build_store(pki))
        assert await read_news(operator, trace_id) == []


async def test_an_answer_that_revokes_the_signer_is_news_too(tmp_path: Path) -> None:
    pki = Pki(NOW)
    alice = pki.make_person("alice@a.test")
    async with open_operator(tmp_path) as operator:
        trace_id = await receive(operator, pki, tmp_path)
        responder = Responder(pki.issuing.credential, lambda: NOW, [alice.certificate])
        missing = MissingStatus("", alice.certificate_der, pki.intermediates[0])
        news = LaterNews(operator.store, operator.intake.clock)
        news.take_answer(read_response(responder.answer(build_request(missing, bytes(32))), missing, None, NOW))
        responder.revoked.add(alice.certificate.serial_number)
        news.take_answer(read_response(responder.answer(build_request(missing, bytes(32))), missing, None, NOW))
        await news.settle()
        [line] = await read_news(operator, trace_id)
        assert str(line.facts["by"]).startswith("the OCSP answer of")


async def test_a_closed_store_stops_nobody_and_a_stop_ends_what_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_operator(tmp_path) as operator:
        news = LaterNews(operator.store, operator.intake.clock)
        await asyncio.to_thread(operator.store.close)
        await tell(news, build_store(Pki(NOW)))
        assert "could not be looked up" in caplog.text
        await news.take_snapshot(TrustSnapshot(2, ()), build_store(Pki(NOW)))
        await news.stop()


async def test_a_mistake_of_ours_is_told_when_it_happens(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_operator(tmp_path) as operator:
        news = LaterNews(operator.store, operator.intake.clock)
        news._begin(lambda _signers: [int("a mistake of ours")])  # type: ignore[list-item]
        await news.settle()
        assert "could not be looked up" in caplog.text


def test_what_nobody_signed_has_no_signer_to_be_remembered() -> None:
    assert find_signer_key(None) is find_signer_key(UNSIGNED) is None


async def test_every_copy_of_a_message_remembers_who_signed_it(tmp_path: Path) -> None:
    """A copy that came by an alias is a message of its own: what is learnt of its signer is told with it, too."""
    pki, team = Pki(NOW), parse_address("team@b.test")
    async with open_operator(tmp_path) as operator:
        await asyncio.wrap_future(operator.store.submit(lambda conn: add_targets(conn, team, (CAROL,), NOW)))
        trace_id = await receive(operator, pki, tmp_path, BOB, team)
        pki.issuing.revoke(pki.make_person("alice@a.test").certificate, NOW - timedelta(days=1))
        await tell(LaterNews(operator.store, operator.intake.clock), build_store(pki))
        ids = await asyncio.wrap_future(operator.store.read(lambda conn: find_by_trace(conn, trace_id)))
        told = operator.store.read(lambda conn: [len(list_news(conn, each)) for each in ids])
        assert await asyncio.wrap_future(told) == [1, 1]
