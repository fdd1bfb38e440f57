"""The table of senders: facts, answer."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mssmail.core.address import ReversePath, parse_address
from mssmail.core.decision import Accept, Refuse
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.sender import judge_sender
from mssmail.settings import RevocationMode

SUBJECT = "CN=mss.ch-a.test,O=CH A,C=FR"
NAME = parse_listed_name(SUBJECT)
OTHER = parse_listed_name("CN=mss.ch-b.test,O=CH B,C=FR")
STRANGER = parse_listed_name("CN=mss.ch-z.test,O=CH Z,C=FR")
TWIN = parse_listed_name("CN=mss.ch-a.test,O=CH Z,C=FR")
LIST = WhiteList(
    datetime(2026, 6, 1, tzinfo=UTC), "", "", {"ch-a.test": frozenset({NAME}), "ch-b.test": frozenset({OTHER})}, 2
)
PEER = Peer("127.0.0.1", 40000, "ch-a.test", TlsFacts("TLSv1.3", ""), NAME, SUBJECT, 1, "", revoked=False)
HARD, SOFT, OFF = RevocationMode.HARD, RevocationMode.SOFT, RevocationMode.OFF
FRESH, AGEING, STALE = Freshness.FRESH, Freshness.AGEING, Freshness.STALE
A, B, SUB = (parse_address(f"dr@{domain}") for domain in ("ch-a.test", "ch-b.test", "x.ch-a.test"))


@pytest.mark.parametrize(
    ("sender", "peer", "white_list", "freshness", "mode", "rule"),
    [
        (A, PEER, LIST, FRESH, HARD, "sender-listed-for-peer"),
        (A, PEER, LIST, AGEING, HARD, "sender-listed-for-peer"),
        (None, PEER, LIST, FRESH, HARD, "null-sender-of-listed-peer"),
        (A, replace(PEER, revoked=None), LIST, FRESH, SOFT, "sender-listed-for-peer"),
        (A, replace(PEER, revoked=None), LIST, FRESH, OFF, "sender-listed-for-peer"),
        (A, replace(PEER, tls=None, name=None), LIST, FRESH, HARD, "530 5.7.0 Must issue a STARTTLS command first"),
        (None, replace(PEER, tls=None, name=None), None, STALE, OFF, "530 5.7.0 Must issue a STARTTLS command first"),
        (A, replace(PEER, name=None), LIST, FRESH, HARD, "530 5.7.0 A client certificate is required here"),
        (A, replace(PEER, revoked=True), LIST, FRESH, HARD, f"550 5.7.1 Your certificate {SUBJECT} is revoked"),
        (A, replace(PEER, revoked=True), LIST, FRESH, OFF, f"550 5.7.1 Your certificate {SUBJECT} is revoked"),
        (None, replace(PEER, revoked=True), LIST, FRESH, SOFT, f"550 5.7.1 Your certificate {SUBJECT} is revoked"),
        (
            A,
            replace(PEER, revoked=None),
            LIST,
            FRESH,
            HARD,
            f"451 4.7.5 Whether your certificate {SUBJECT} is revoked cannot be checked now; try again later",
        ),
        (A, PEER, LIST, STALE, HARD, "451 4.7.5 The white list here is not up to date; try again later"),
        (A, PEER, None, FRESH, HARD, "451 4.7.5 The white list here is not up to date; try again later"),
        (None, PEER, None, STALE, HARD, "451 4.7.5 The white list here is not up to date; try again later"),
        (SUB, PEER, LIST, FRESH, HARD, "550 5.7.1 Domain x.ch-a.test is not on the white list"),
        (B, PEER, LIST, FRESH, HARD, f"550 5.7.1 Domain ch-b.test is not listed for your certificate {SUBJECT}"),
        (
            A,
            replace(PEER, name=TWIN),
            LIST,
            FRESH,
            HARD,
            f"550 5.7.1 Domain ch-a.test is not listed for your certificate {SUBJECT}",
        ),
        (
            None,
            replace(PEER, name=STRANGER, subject="CN=mss.ch-z.test,O=Hôpital"),
            LIST,
            FRESH,
            HARD,
            r"550 5.7.1 The white list does not name your certificate CN=mss.ch-z.test,O=H\C3\B4pital",
        ),
    ],
)
def test_first_rule_that_matches_decides(
    sender: ReversePath, peer: Peer, white_list: WhiteList | None, freshness: Freshness, mode: RevocationMode, rule: str
) -> None:
    decision = judge_sender(sender, peer, white_list, freshness, mode)
    match decision:
        case Accept():
            assert decision.rule == rule
        case Refuse():
            assert str(decision.reply) == rule


def test_the_longest_names_still_fit_a_reply_line() -> None:
    domain = ".".join(["a" * 63] * 3 + ["b" * 60])
    decision = judge_sender(
        parse_address(f"dr@{domain}"), replace(PEER, subject="é" * 4000), LIST, Freshness.FRESH, RevocationMode.HARD
    )
    assert isinstance(decision, Refuse)
    assert len(str(decision.reply)) <= 510  # RFC 5321 §4.5.3.1.5, CRLF included
