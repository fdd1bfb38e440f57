"""The table of servers we might hand mail to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mssmail.core.decision import Accept, Refuse
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.peer import judge_peer
from mssmail.settings import RevocationMode

SUBJECT = "CN=mss.ch-b.test,O=CH B,C=FR"
NAME = parse_listed_name(SUBJECT)
OTHER = parse_listed_name("CN=mss.ch-c.test,O=CH C,C=FR")
LIST = WhiteList(
    datetime(2026, 6, 1, tzinfo=UTC), "", "", {"ch-b.test": frozenset({NAME}), "ch-c.test": frozenset({OTHER})}, 2
)
PEER = Peer("127.0.0.1", 25, "mx.shared.test", TlsFacts("TLSv1.3", ""), NAME, SUBJECT, 1, "", revoked=False)
HARD, SOFT, OFF = RevocationMode.HARD, RevocationMode.SOFT, RevocationMode.OFF
FRESH, AGEING, STALE = Freshness.FRESH, Freshness.AGEING, Freshness.STALE


@pytest.mark.parametrize(
    ("peer", "domain", "white_list", "freshness", "mode", "rule"),
    [
        (PEER, "ch-b.test", LIST, FRESH, HARD, "peer-listed-for-domain"),
        (PEER, "ch-b.test", LIST, AGEING, HARD, "peer-listed-for-domain"),
        (replace(PEER, revoked=None), "ch-b.test", LIST, FRESH, SOFT, "peer-listed-for-domain"),
        (replace(PEER, revoked=None), "ch-b.test", LIST, FRESH, OFF, "peer-listed-for-domain"),
        (PEER, "ch-b.test", None, FRESH, HARD, "451 4.7.5 The white list here is not up to date"),
        (PEER, "ch-b.test", LIST, STALE, HARD, "451 4.7.5 The white list here is not up to date"),
        (PEER, "x.ch-b.test", LIST, FRESH, HARD, "550 5.7.1 Domain x.ch-b.test is not on the white list"),
        (
            replace(PEER, tls=None, name=None),
            "ch-b.test",
            LIST,
            FRESH,
            HARD,
            "451 4.7.4 The server of ch-b.test does not offer STARTTLS",
        ),
        (
            replace(PEER, name=None),
            "ch-b.test",
            LIST,
            FRESH,
            HARD,
            "451 4.7.5 The server of ch-b.test shows no certificate we believe",
        ),
        (
            replace(PEER, revoked=True),
            "ch-b.test",
            LIST,
            FRESH,
            OFF,
            f"451 4.7.5 The certificate of the server of ch-b.test is revoked: {SUBJECT}",
        ),
        (
            replace(PEER, revoked=None),
            "ch-b.test",
            LIST,
            FRESH,
            HARD,
            f"451 4.7.5 Whether the certificate of the server of ch-b.test is revoked cannot be checked now: {SUBJECT}",
        ),
        (
            PEER,
            "ch-c.test",
            LIST,
            FRESH,
            HARD,
            f"451 4.7.1 The white list does not name the server's certificate for ch-c.test: {SUBJECT}",
        ),
    ],
)
def test_first_rule_that_matches_decides(
    peer: Peer, domain: str, white_list: WhiteList | None, freshness: Freshness, mode: RevocationMode, rule: str
) -> None:
    decision = judge_peer(peer, domain, white_list, freshness, mode)
    match decision:
        case Accept():
            assert decision.rule == rule
        case Refuse():
            assert str(decision.reply) == rule


def test_only_the_list_itself_makes_a_refusal_final() -> None:
    feigned = judge_peer(replace(PEER, name=OTHER), "ch-b.test", LIST, FRESH, HARD)
    unlisted = judge_peer(PEER, "ch-z.test", LIST, FRESH, HARD)
    assert isinstance(feigned, Refuse)
    assert feigned.is_temporary
    assert isinstance(unlisted, Refuse)
    assert not unlisted.is_temporary


@pytest.mark.parametrize(
    ("version", "floor", "passes"),
    [
        ("TLSv1.3", "TLSv1.3", True),
        ("TLSv1.3", "TLSv1.2", True),
        ("TLSv1.2", "TLSv1.2", True),
        ("TLSv1.2", "", True),
        ("TLSv1.2", "TLSv1.3", False),
    ],
)
def test_the_tls_floor_of_a_route_never_falls(version: str, floor: str, passes: bool) -> None:
    decision = judge_peer(replace(PEER, tls=TlsFacts(version, "")), "ch-b.test", LIST, FRESH, HARD, floor)
    assert isinstance(decision, Accept) is passes
    if isinstance(decision, Refuse):
        assert (decision.rule, decision.reply.code) == ("peer-below-tls-floor", 451)
