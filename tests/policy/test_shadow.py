"""Rules in shadow never change an answer, and say what they would."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.decision import Accept, Decision, refuse
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.peer import weigh_peer
from mssmail.policy.recipient import Box, Taken, weigh_recipient
from mssmail.policy.sender import weigh_sender
from mssmail.policy.shadow import SHADOWABLE, Settled, find_strangers, settle

YES = Accept("fine")
UNSIGNED = refuse("unsigned", 550, "5.7.1", "Message must be signed")
UNTRUSTED = refuse("untrusted", 550, "5.7.1", "Not trusted")
STALE = refuse("white-list-stale", 451, "4.7.5", "Not up to date")


@pytest.mark.parametrize(
    ("series", "shadow", "settled"),
    [
        ([None, YES], set(), Settled(YES)),
        ([None, UNSIGNED, YES], set(), Settled(UNSIGNED)),
        ([UNSIGNED, YES], {"unsigned"}, Settled(YES, (UNSIGNED,))),
        ([UNSIGNED, UNTRUSTED, YES], {"unsigned"}, Settled(UNTRUSTED, (UNSIGNED,))),
        ([UNSIGNED, UNTRUSTED, YES], {"unsigned", "untrusted"}, Settled(YES, (UNSIGNED, UNTRUSTED))),
        ([STALE, YES], {"white-list-stale"}, Settled(STALE)),  # never "accept all"
    ],
)
def test_the_first_that_counts(series: list[Decision | None], shadow: set[str], settled: Settled) -> None:
    assert settle(series, frozenset(shadow)) == settled


def test_a_series_without_an_end_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="ends in one that counts"):
        settle([UNSIGNED], frozenset({"unsigned"}))


def test_names_that_are_no_rule_are_found() -> None:
    assert find_strangers(("unsigned", "unsinged", "white-list-stale")) == ("unsinged", "white-list-stale")


def test_every_rule_that_can_be_in_shadow_stands_in_the_room() -> None:
    room = Path(__file__).parents[2] / "mssmail" / "policy"
    texts = "".join(path.read_text() for path in room.glob("*.py") if path.stem != "shadow")
    said = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', texts))
    oddities = set(re.findall(r'= "([a-z-]+)"', (room.parent / "core" / "appearance.py").read_text()))
    assert not SHADOWABLE - said - oddities


def test_a_series_ends_where_the_rest_has_nothing_to_stand_on() -> None:
    nobody = Peer("192.0.2.1", 25)
    known = replace(nobody, tls=TlsFacts("TLSv1.3", ""), name=parse_listed_name("CN=a,C=FR"), revoked=False)
    stale = [each.rule for each in weigh_sender(None, known, None, Freshness.STALE) if each is not None]
    assert stale == ["white-list-stale"]
    assert [each.rule for each in weigh_peer(known, "a.test", None, Freshness.FRESH)] == ["white-list-stale"]
    empty = WhiteList(datetime(2026, 1, 1, tzinfo=UTC), "CN=s", "00", {}, 0)
    rules = [each.rule for each in weigh_peer(nobody, "a.test", empty, Freshness.FRESH)]
    assert rules == ["domain-not-listed", "peer-without-tls"]
    somebody = parse_address("anne@a.test")
    series = weigh_recipient(somebody, Box(None, None), Taken(0, 1))
    assert [each.rule for each in series if each is not None] == ["not-our-domain"]
    nameless = [each.rule for each in weigh_sender(None, nobody, empty, Freshness.FRESH) if each is not None]
    assert nameless[:2] == ["tls-required", "client-certificate-required"]


def test_every_rule_of_a_peer_is_told_when_all_are_in_shadow() -> None:
    name = parse_listed_name("CN=a,C=FR")
    peer = Peer("192.0.2.1", 25, tls=TlsFacts("TLSv1.2", ""), name=name, subject="CN=a", revoked=True)
    white_list = WhiteList(datetime(2026, 1, 1, tzinfo=UTC), "CN=s", "00", {"a.test": frozenset()}, 1)
    sender = settle(weigh_sender(parse_address("x@a.test"), peer, white_list, Freshness.FRESH), SHADOWABLE)
    assert [each.rule for each in sender.passed] == ["peer-revoked", "sender-not-listed-for-peer"]
    assert isinstance(sender.decision, Accept)
    null = settle(weigh_sender(None, replace(peer, revoked=None), white_list, Freshness.FRESH), SHADOWABLE)
    assert [each.rule for each in null.passed] == ["peer-revocation-unknown", "peer-not-listed"]
    unlisted = settle(weigh_sender(parse_address("x@b.test"), peer, white_list, Freshness.FRESH), SHADOWABLE)
    assert "sender-domain-not-listed" in [each.rule for each in unlisted.passed]
    out = settle(weigh_peer(peer, "a.test", white_list, Freshness.FRESH, floor="TLSv1.3"), SHADOWABLE)
    assert [each.rule for each in out.passed] == ["peer-below-tls-floor", "peer-revoked", "peer-not-listed-for-domain"]
