"""A signer first seen: what is missing is fetched while the message waits; else 451, and the retry finds it.

Real store, real workers, a real keeper and a publisher on loopback; only the peer is described and not connected.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.flows.intake import Intake
from mssmail.flows.receive import Receiver
from mssmail.flows.refresh import TrustKeeper
from mssmail.journal import Entry, Event
from mssmail.settings import Trust
from mssmail.smime.sign import parse_signing_key, sign_message
from mssmail.trust.snapshot import TrustSnapshot, TrustStore
from mssmail.workers.pool import Pool
from tests.support.lists import RULE, issue_signer, make_entries, make_list
from tests.support.operator_room import MESSAGE, Operator, build_envelope, open_operator
from tests.support.pki import Pki
from tests.support.publisher import Page, Publisher, publish
from tests.support.responder import Responder

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Site:
    """An operator whose trust comes from a publisher."""

    operator: Operator
    pki: Pki
    http: Publisher
    keeper: TrustKeeper
    receiver: Receiver

    async def receive(self, address: str = "alice@a.test") -> int:
        """The answer to a message signed by this address."""
        person = self.pki.make_person(address)
        data = sign_message(MESSAGE, parse_signing_key(person.key_pem + person.certificate_pem), NOW)
        return (await self.receiver.receive(build_envelope(data))).code

    async def read_doubts(self) -> list[str]:
        refused = await self.operator.read_journal(Event.REFUSED)
        return [str(entry.facts["reply"]) for entry in refused]


@asynccontextmanager
async def open_site(directory: Path, *, ocsp: bool = False) -> AsyncIterator[tuple[Site, Responder]]:
    pki = Pki(NOW)
    signer = issue_signer(pki.issuing)
    anchors = pki.write_anchors(directory / "anchors")
    (directory / "list.xml").write_bytes(make_list(make_entries("a.test"), generated_at=NOW, signer=signer))
    alice = pki.make_person("alice@a.test")
    responder = Responder(pki.issuing.credential, lambda: NOW, [alice.certificate, signer.certificate])
    with publish() as http:
        http.put("/root.crl", pki.root.build_crl(NOW))
        http.pages["/ocsp"] = Page(answer=responder.answer)
        settings = Trust(
            anchors=anchors,
            intermediates=None,
            white_list_file=directory / "list.xml",
            white_list_signer=RULE,
            crl_urls=(http.url + "/root.crl", http.url + "/issuing.crl"),
            ocsp_urls=(http.url + "/ocsp",) if ocsp else (),
        )
        (anchors / "issuing.crt").write_bytes(pki.issuing.credential.certificate_pem)
        async with open_operator(directory) as operator, _run(operator, settings, directory) as (keeper, receiver):
            yield Site(operator, pki, http, keeper, receiver), responder


@asynccontextmanager
async def _run(operator: Operator, settings: Trust, directory: Path) -> AsyncIterator[tuple[TrustKeeper, Receiver]]:
    async def record(_entry: Entry) -> None:
        return None

    keeper = TrustKeeper(settings, directory / "kept", record, clock=lambda: NOW)
    await keeper.start()
    keeper.lists.white_list = operator.trust.white_list  # its peer is the one that is described
    pool = Pool(2, 30, 1_024, "mx.b.test")
    await pool.start(keeper.snapshot)

    async def publish_snapshot(snapshot: TrustSnapshot, _store: TrustStore) -> None:
        await pool.publish(snapshot)

    keeper.subscribe(publish_snapshot)
    keeper.subscribe_answers(lambda answer: pool.add_answers((answer.raw,)))
    try:
        yield keeper, Receiver(operator.settings, Intake(operator.store, pool, keeper, operator.bells), lambda: None)
    finally:
        await pool.stop()
        await keeper.stop()


async def test_a_missing_list_is_fetched_while_the_message_waits(tmp_path: Path) -> None:
    async with open_site(tmp_path) as (site, _):
        site.http.put("/issuing.crl", site.pki.issuing.build_crl(NOW))
        assert await site.receive() == 250


async def test_without_it_the_message_waits_with_its_sender_and_the_retry_finds_it(tmp_path: Path) -> None:
    async with open_site(tmp_path) as (site, _):
        assert await site.receive() == 451
        [doubt] = await site.read_doubts()
        assert doubt.startswith("451 4.7.5 Signature cannot be checked now: no usable CRL of CN=Test Issuing")
        site.http.put("/issuing.crl", site.pki.issuing.build_crl(NOW))
        assert await site.keeper.refresh_crls()
        site.http.requests.clear()
        assert await site.receive() == 250
        assert site.http.requests == []


async def test_a_responder_is_asked_about_a_signer_once_and_every_worker_knows(tmp_path: Path) -> None:
    async with open_site(tmp_path, ocsp=True) as (site, responder):
        assert await asyncio.gather(*(site.receive() for _ in range(3))) == [250] * 3
        asked = responder.asked.count(site.pki.make_person("alice@a.test").certificate.serial_number)
        assert asked == 1
        assert await site.receive() == 250


async def test_whom_the_responder_revoked_is_refused_for_good(tmp_path: Path) -> None:
    async with open_site(tmp_path, ocsp=True) as (site, responder):
        responder.revoked.add(site.pki.make_person("alice@a.test").certificate.serial_number)
        assert await site.receive() == 550
        assert "is revoked by the OCSP answer" in (await site.read_doubts())[0]


@pytest.mark.parametrize("page", [Page(status=500), Page(b"<html>")])
async def test_a_responder_that_answers_nonsense_leaves_it_at_not_now(tmp_path: Path, page: Page) -> None:
    async with open_site(tmp_path, ocsp=True) as (site, _):
        site.http.pages["/ocsp"] = replace(page)
        assert await site.receive() == 451
