"""Why an item waits is one sentence, and when it is tried next is one moment."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mssmail.app.explanation import KnownTrust
from mssmail.app.queue_story import RULES, Story
from mssmail.core.address import parse_address
from mssmail.core.lane import PeerState
from mssmail.core.queue import QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.policy.freshness import Freshness
from mssmail.settings import Domain, Endpoint, Queue, Relay, Route, Settings
from tests.support.operator_room import TODAY, build_store, build_white_list
from tests.support.pki import NOW

HOUR = timedelta(hours=1)
WAITING, SENDING, HELD = QueueState.WAITING, QueueState.SENDING, QueueState.HELD
SETTINGS = Settings(
    domain=(Domain("a.test"),),
    queue=Queue(give_up_seconds=7_200),
    relay=Relay(listen=Endpoint("127.0.0.1", 25)),
    route=(Route("b.test", "mx1.b.test", 25, (Endpoint("mx2.b.test", 26),)),),
)
ITEM = QueueItem(1, "0a", 1, None, parse_address("b@b.test"), WAITING, 0, NOW, NOW, lane="b.test")
WELL = PeerState("b.test")
ILL = PeerState("b.test", 4, NOW, NOW + HOUR, "no connection")
GO_ON = "mssmail queue release lets it go on"
LATER = Reply(451, "4.7.5", "later")


@pytest.mark.parametrize(
    ("item", "peer", "why", "next_try_at"),
    [
        (ITEM, WELL, "not tried yet", NOW),
        (ITEM, ILL, "b.test rests after 4 failures in a row: no connection", NOW + HOUR),
        (ITEM, replace(ILL, rests_until=NOW), "not tried yet", NOW),
        (replace(ITEM, state=SENDING, attempts=1), WELL, "being sent now", None),
        (replace(ITEM, state=HELD), ILL, f"held by an administrator; {GO_ON}", None),
        (
            replace(ITEM, state=HELD, crashes=3),
            WELL,
            f"held: {RULES['poison']}; mssmail queue release lets it go on",
            None,
        ),
        (replace(ITEM, attempts=2, last_reply=LATER), WELL, "the last of 2 attempts ended in: 451 4.7.5 later", NOW),
        (replace(ITEM, attempts=1, last_error="silent"), WELL, "the last of 1 attempts ended in: silent", NOW),
        (replace(ITEM, attempts=1), WELL, "the last of 1 attempts ended in: no answer", NOW),
        (
            replace(ITEM, state=HELD, is_damaged=True, last_error="torn"),
            WELL,
            "held, for what the store holds of it cannot be read: torn",
            None,
        ),
    ],
)
def test_why_it_waits_is_a_sentence(item: QueueItem, peer: PeerState, why: str, next_try_at: datetime | None) -> None:
    story = Story(item, peer, SETTINGS, NOW)
    assert (story.why, story.next_try_at, story.give_up_at) == (why, next_try_at, NOW + 2 * HOUR)


def test_the_facts_tell_the_last_attempt() -> None:
    item = replace(ITEM, attempts=1, last_facts={"rule": "refused-for-now", "tls": "TLSv1.3", "server": "192.0.2.1:25"})
    facts = dict(Story(item, ILL, SETTINGS, NOW + HOUR).list_facts())
    assert (facts["last_tls"], facts["last_server"], facts["rule_says"]) == (
        "TLSv1.3",
        "192.0.2.1:25",
        RULES["refused-for-now"],
    )
    assert (facts["waiting_seconds"], facts["peer_failures"], facts["sender"]) == (3_600, 4, "<>")


@pytest.mark.parametrize(
    ("recipient", "lane", "words"),
    [
        ("b@b.test", "b.test", "mx1.b.test:25, then mx2.b.test:26, TLSv1.3 or newer"),
        ("b@b.test", "b.test>192.0.2.9:25", "192.0.2.9:25 (redirected), TLSv1.3 or newer"),
        ("b@c.test", "c.test", "where the MX of c.test points, TLSv1.3 or newer"),
        ("x@a.test", "a.test", "into a box of this server"),
        ("x@d.test", "d.test", "nowhere (domain-not-listed): 550 5.7.1 Domain d.test is not on the white list"),
    ],
)
def test_where_it_would_go(recipient: str, lane: str, words: str) -> None:
    peer = TODAY.make_operator("mx.b.test")
    known = KnownTrust(build_store(), build_white_list(NOW, b__test=peer, c__test=peer), Freshness.FRESH, ())
    item = replace(ITEM, recipient=parse_address(recipient), lane=lane)
    assert Story(item, replace(WELL, tls_floor="TLSv1.3"), SETTINGS, NOW).describe_route(known) == words
