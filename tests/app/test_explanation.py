"""The explanation gives the same answers as the server, with the reasons."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.app.explanation import KnownTrust, compare_names, explain_incoming, explain_outgoing, load_known_trust
from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.decision import Accept, Refuse
from mssmail.core.names import parse_listed_name
from mssmail.flows.refresh import TrustKeeper
from mssmail.journal import Entry
from mssmail.policy.freshness import Freshness
from mssmail.settings import Settings
from tests.support.operators import build_site
from tests.support.pki import Pki

NOW = read_clock().replace(microsecond=0)


async def _forget(_entry: Entry) -> None:
    """Nothing is journaled."""


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(NOW)


@pytest.fixture(scope="module")
def settings(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A site whose server has run once, so that its disk holds list and CRLs."""
    settings = build_site(tmp_path_factory.mktemp("op"), pki, NOW).settings

    async def run_once() -> None:
        keeper = TrustKeeper(settings.trust, settings.server.store, _forget)
        await keeper.start()
        await keeper.stop()

    asyncio.run(run_once())
    return settings


@pytest.fixture(scope="module")
def known(settings: Settings) -> KnownTrust:
    return load_known_trust(settings, NOW)


def _chain(pki: Pki, name: str) -> tuple[bytes, ...]:
    credential = pki.make_operator(name)
    return tuple(each.public_bytes(Encoding.DER) for each in (credential.certificate, *credential.chain))


def test_a_listed_peer_is_explained_in_both_directions(pki: Pki, settings: Settings, known: KnownTrust) -> None:
    chain, address = _chain(pki, "mss.peer.test"), parse_address("x@peer.test")
    for explain in (explain_incoming, explain_outgoing):
        step = explain(address, known, chain, settings, NOW)
        assert isinstance(step.decision, Accept), step.answer
        facts = dict(step.facts)
        assert facts["list entry"] == "peer.test: 1 names may speak for it"
        assert facts["revocation"].startswith("passed")
        assert "number 1" in facts["revocation list"]
        assert all("differs" not in value for name, value in step.facts if name.startswith("listed name"))


def test_another_operators_certificate_is_refused_and_the_attribute_named(
    pki: Pki, settings: Settings, known: KnownTrust
) -> None:
    step = explain_incoming(parse_address("x@peer.test"), known, _chain(pki, "mss.other.test"), settings, NOW)
    assert isinstance(step.decision, Refuse)
    assert step.answer.startswith("550 5.7.1")
    assert any("differs from CN=mss.other.test" in value for _name, value in step.facts)


def test_without_certificate_or_list_the_reason_is_said(settings: Settings, known: KnownTrust) -> None:
    step = explain_outgoing(parse_address("x@peer.test"), known, (), settings, NOW)
    assert "no certificate" in step.answer
    bare = replace(known, white_list=None, freshness=Freshness.STALE)
    step = explain_incoming(parse_address("x@peer.test"), bare, (), settings, NOW)
    assert dict(step.facts)["white list"] == "none was ever accepted"
    assert step.answer.startswith("530 5.7.0")


def test_a_server_that_never_ran_knows_no_list(pki: Pki, tmp_path: Path) -> None:
    known = load_known_trust(build_site(tmp_path / "op", pki, NOW).settings, NOW)
    assert (known.white_list, known.crls, known.freshness) == (None, (), Freshness.STALE)


def test_names_are_compared_place_by_place() -> None:
    listed, shown = parse_listed_name("CN=a,O=X,C=FR"), parse_listed_name("CN=a,OU=1,O=X,C=FR")
    assert [each.is_same for each in compare_names(listed, shown)] == [True, False, False, False]
