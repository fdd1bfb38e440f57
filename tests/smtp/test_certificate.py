"""What a client certificate says when it is asked: names, revocation, and rules stricter than OpenSSL's."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from mssmail.core.decision import Refuse
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.lab.pki import Credential, KeyKind
from mssmail.smtp.certificate import read_peer
from mssmail.smtp.session import Session
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.support.operator_room import Trust, build_store, name_of
from tests.support.pki import Pki

NOW = datetime.now(UTC).replace(microsecond=0)
PKI = Pki(NOW)


def _session(credential: Credential | None) -> Session:
    session = Session(asyncio.get_running_loop())
    session.address, session.port, session.host_name, session.tls = "192.0.2.1", 9, "peer", TlsFacts("TLSv1.3", "X")
    if credential is not None:
        session.chain = (credential.certificate_der, *PKI.intermediates, *PKI.anchors)
    return session


async def test_without_a_certificate_the_peer_has_no_name() -> None:
    found = await read_peer(_session(None), Trust(build_store(PKI), None), NOW)
    assert found == Peer("192.0.2.1", 9, "peer", TlsFacts("TLSv1.3", "X"))


async def test_a_good_certificate_names_the_peer() -> None:
    credential = PKI.make_operator("peer.a.test")
    found = await read_peer(_session(credential), Trust(build_store(PKI), None), NOW)
    assert isinstance(found, Peer)
    assert found.name == name_of(credential)
    assert found.serial == credential.certificate.serial_number
    assert found.revoked is False
    assert "CN=peer.a.test" in found.subject
    assert len(found.fingerprint) == 64


async def test_a_revoked_certificate_is_known_to_be() -> None:
    pki = Pki(NOW)
    credential = pki.make_operator("peer.a.test")
    store = build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, pki.make_crls(credential)))
    session = _session(credential)
    session.chain = (credential.certificate_der, *pki.intermediates)
    found = await read_peer(session, Trust(store, None), NOW)
    assert isinstance(found, Peer)
    assert found.revoked is True


async def test_a_missing_list_is_asked_for_once() -> None:
    credential = PKI.make_operator("peer.a.test")
    trust = Trust(build_store(PKI, crls=False), None)
    found = await read_peer(_session(credential), trust, NOW)
    assert isinstance(found, Peer)
    assert found.revoked is None
    assert len(trust.asked) == 1
    trust.found = [build_store(PKI)]
    found = await read_peer(_session(credential), trust, NOW)
    assert isinstance(found, Peer)
    assert found.revoked is False


@pytest.mark.parametrize(
    ("credential", "at", "reason"),
    [
        (PKI.make_operator("weak.a.test", KeyKind.RSA_1024), NOW, "1024"),
        (PKI.make_operator("peer.a.test"), NOW + timedelta(days=4_000), "expired"),
        (PKI.make_person("alice@a.test"), NOW, ""),
    ],
)
async def test_what_our_rules_forbid_is_refused_with_the_reason(
    credential: Credential, at: datetime, reason: str
) -> None:
    found = await read_peer(_session(credential), Trust(build_store(PKI), None), at)
    assert isinstance(found, Refuse)
    assert str(found.reply).startswith("550 5.7.1 Your certificate is not believed")
    assert reason in found.reply.text


async def test_octets_that_are_no_certificate_are_refused() -> None:
    session = _session(None)
    session.chain = (b"no certificate",)
    assert isinstance(await read_peer(session, Trust(build_store(PKI), None), NOW), Refuse)
