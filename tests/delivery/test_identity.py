"""A whole handshake in memory: no socket, but OpenSSL's own objects on both sides."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.delivery.identity import identify_server, read_chain
from mssmail.delivery.tls import build_client_context
from mssmail.lab.pki import Credential
from mssmail.settings import Endpoint, RevocationMode
from mssmail.trust.certificate import fingerprint, read_name
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.delivery.scripted_peer import build_server_context
from tests.support.pki import Pki

NOW = datetime.now(UTC).replace(microsecond=0)
PKI = Pki(NOW)
OURS, THEIRS = PKI.make_operator("mx.ours.test"), PKI.make_operator("mx.peer.test")
ENDPOINT = Endpoint("mx.peer.test", 25)


def _shake_hands(directory: Path, server: Credential = THEIRS) -> ssl.SSLObject:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    certificate, key = OURS.write(directory, "ours")
    context = build_client_context(certificate, key, PKI.anchors)
    ours = context.wrap_bio(to_client, to_server, server_hostname="mx.peer.test")
    theirs = build_server_context(server, PKI.anchors, directory).wrap_bio(to_server, to_client, server_side=True)
    waiting = [ours, theirs]
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
    assert not waiting
    return ours


def test_reads_the_chain_as_it_was_sent(tmp_path: Path) -> None:
    issuing = PKI.issuing.certificate
    assert [fingerprint(der) for der in read_chain(_shake_hands(tmp_path))] == [
        fingerprint(THEIRS.certificate),
        fingerprint(issuing),
    ]


@pytest.mark.parametrize(
    ("crls", "mode", "revoked"),
    [
        (PKI.make_crls(), RevocationMode.HARD, False),
        ((), RevocationMode.HARD, None),
        ((), RevocationMode.OFF, None),
    ],
)
def test_names_the_server_and_says_what_is_known_of_its_revocation(
    tmp_path: Path, crls: tuple[bytes, ...], mode: RevocationMode, revoked: bool | None
) -> None:
    trust = build_trust_store(TrustSnapshot(1, PKI.anchors, crls=crls, policy=SignaturePolicy(revocation=mode)))
    peer = identify_server(_shake_hands(tmp_path), ENDPOINT, trust, NOW)
    assert peer.name == read_name(THEIRS.certificate.subject)
    assert "mx.peer.test" in peer.subject
    assert (peer.serial, peer.revoked) == (THEIRS.certificate.serial_number, revoked)
    assert peer.fingerprint == fingerprint(THEIRS.certificate)
    assert peer.tls is not None
    assert peer.tls.version == "TLSv1.3"
    assert "GCM" in peer.tls.cipher


def test_a_certificate_our_own_rules_do_not_believe_has_no_name(tmp_path: Path) -> None:
    tls = _shake_hands(tmp_path)
    crls = PKI.make_crls()
    strangers = build_trust_store(TrustSnapshot(2, Pki(NOW).anchors, crls=crls))
    assert identify_server(tls, ENDPOINT, strangers, NOW).name is None
    ours = build_trust_store(TrustSnapshot(3, PKI.anchors, crls=crls))
    late = identify_server(tls, ENDPOINT, ours, NOW + timedelta(days=5_000))
    assert late.name is None
    assert late.fingerprint == fingerprint(THEIRS.certificate)
