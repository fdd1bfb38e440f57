"""Peers asked again by the certificates they showed."""

from dataclasses import replace
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.app.known_peers import find_current, judge_peers, verify_peer
from mssmail.core.names import parse_listed_name
from mssmail.store.peers_seen import Direction, SeenPeer
from tests.support.lists import make_store
from tests.support.pki import NOW, Pki

PKI = Pki()
MADE = PKI.make_operator("mss.a.test")
CHAIN = (MADE.certificate_der, *(each.public_bytes(Encoding.DER) for each in MADE.chain))
FRESH = PKI.make_crls()
REVOKING = PKI.make_crls(MADE)
PEER = SeenPeer(
    "ab" * 32, Direction.IN, "CN=mss.a.test", parse_listed_name("CN=mss.a.test"), "192.0.2.1",
    NOW + timedelta(days=300), NOW, NOW, ("a.test",), CHAIN,
)  # fmt: skip


def test_a_peer_passes_in_either_direction_until_its_certificate_is_revoked() -> None:
    good, revoked = make_store(PKI, FRESH), make_store(PKI, REVOKING)
    for direction in Direction:
        peer = replace(PEER, direction=direction)
        assert list(judge_peers([peer], good, NOW)) == [(peer, "")]
        [(_, reason)] = judge_peers([peer], revoked, NOW)
        assert "revoked" in reason


def test_what_is_not_known_or_only_ends_is_no_news() -> None:
    assert verify_peer(replace(PEER, chain=()), make_store(PKI, FRESH), NOW) is None
    for peer, store, at in (
        (replace(PEER, chain=()), make_store(PKI, REVOKING), NOW),
        (PEER, make_store(PKI, crls=()), NOW),
        (PEER, make_store(PKI, FRESH), NOW + timedelta(days=9_000)),
    ):
        assert [reason for _, reason in judge_peers([peer], store, at)] == [""]


def test_a_certificate_that_was_followed_by_another_is_nobodys_any_more() -> None:
    newer = replace(PEER, fingerprint="cd" * 32, domains=("a.test", "b.test"))
    other = replace(PEER, direction=Direction.OUT)
    further = replace(PEER, fingerprint="ef" * 32, domains=("b.test", "c.test"))
    assert list(find_current([newer, PEER, other, further])) == [newer, other, further]
