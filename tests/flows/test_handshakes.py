"""Handshakes that failed are explained: what was offered, which question it fails, what the list says."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.flows.handshakes import FailedHandshake, Handshakes
from mssmail.journal import Entry, Event
from mssmail.trust.usage import Purpose
from tests.delivery.scripted_peer import Script
from tests.flows.dispatch_room import ANNE, AT_ONCE, open_room
from tests.support.operator_room import TODAY, Operator, open_operator
from tests.support.pki import build_foreign_pki

FOREIGN = build_foreign_pki(datetime(2026, 1, 1, tzinfo=UTC))
PEER = TODAY.make_operator("peer.a.test")


async def explain(operator: Operator, failed: FailedHandshake) -> Entry:
    trace_id = Handshakes(operator.store, operator.trust, operator.intake.clock).note(failed)
    await operator.intake.note()
    [entry] = await operator.read_journal(Event.HANDSHAKE_FAILED)
    assert entry.trace_id == trace_id
    return entry


def fail(*offered: bytes, purpose: Purpose = Purpose.TLS_CLIENT, domain: str = "") -> FailedHandshake:
    return FailedHandshake("192.0.2.1", 25, "certificate verify failed", purpose, offered, domain)


async def test_a_foreign_certificate_is_named_with_the_question_it_fails(tmp_path: Path) -> None:
    stranger = FOREIGN.make_operator("stranger.test")
    async with open_operator(tmp_path) as operator:
        entry = await explain(operator, fail(stranger.certificate_der))
        assert entry.facts["rule"] == "certificate-chain"
        assert entry.facts["direction"] == "in"
        assert "CN=stranger.test" in str(entry.facts["subject"])
        facts = entry.facts["facts"]
        assert isinstance(facts, dict)
        assert facts["chain"].startswith("failed: the signature on CN=stranger.test")
        assert str(entry.facts["white_list"]).startswith("it does not name")


async def test_a_listed_name_is_told_with_its_domains_and_its_path(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        entry = await explain(operator, fail(PEER.certificate_der, *TODAY.intermediates))
        assert entry.facts["rule"] == "handshake"
        assert str(entry.facts["white_list"]).endswith("for a.test, c.test")
        path = entry.facts["path"]
        assert isinstance(path, list)
        assert len(path) == 3
        assert entry.facts["fingerprint"]


@pytest.mark.parametrize(("offered", "rule"), [((), "no-certificate-offered"), ((b"junk",), "certificate-unreadable")])
async def test_nothing_offered_or_nothing_readable_is_said_so(
    tmp_path: Path, offered: tuple[bytes, ...], rule: str
) -> None:
    async with open_operator(tmp_path) as operator:
        assert (await explain(operator, fail(*offered))).facts["rule"] == rule


async def test_without_a_white_list_that_is_said(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        operator.trust.white_list = None
        failed = fail(PEER.certificate_der, b"junk", purpose=Purpose.TLS_SERVER, domain="a.test")
        entry = await explain(operator, failed)
        assert entry.facts["white_list"] == "there is none"
        assert "unreadable" in str(entry.facts["offered"])


async def test_a_journal_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_operator(tmp_path) as operator:
        await asyncio.to_thread(operator.store.close)
        assert Handshakes(operator.store, operator.trust, operator.intake.clock).note(fail())
        assert "not in the journal" in caplog.text


async def test_a_server_that_shows_a_foreign_certificate_is_explained_by_the_id_of_the_delay(tmp_path: Path) -> None:
    stranger = FOREIGN.make_operator("peer.a.test")
    async with open_room(tmp_path, replace(AT_ONCE, retry_seconds=(3_600,))) as room:
        await room.add_peer("a.test", Script(), stranger)
        await room.put(ANNE)
        await room.start()
        (deferred,) = await room.wait_for(Event.DEFERRED)
        (entry,) = await room.wait_for(Event.HANDSHAKE_FAILED)
    assert f"({entry.trace_id})" in str(deferred.facts["reason"])
    assert (entry.facts["direction"], entry.facts["domain"]) == ("out", "a.test")
    assert entry.facts["rule"] in {"certificate-chain", "certificate-dates"}
    assert "does not name" in str(entry.facts["white_list"]) or "names" in str(entry.facts["white_list"])
