"""The table of recipients and where their mail goes."""

from datetime import UTC, datetime

import pytest

from mssmail.core.address import parse_address
from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.routing import Here, Local, NextHop, Nowhere, judge_route
from mssmail.settings import Endpoint, Route, TlsFloor

NAMES = frozenset({parse_listed_name("CN=mss.ch-b.test,O=CH B,C=FR")})
LIST = WhiteList(datetime(2026, 6, 1, tzinfo=UTC), "", "", {"ch-a.test": NAMES, "ch-b.test": NAMES}, 2)
FRESH, AGEING, STALE = Freshness.FRESH, Freshness.AGEING, Freshness.STALE
EXACT, OTHERS = Route("ch-b.test", "mx.ch-b.test", 2525), Route("*", "::1", 25)
OURS = Endpoint("192.0.2.1", 25)
HERE = Here({"ch-a.test"}, "mss.ch-a.test", frozenset({OURS}))
SEVERAL = Route("ch-b.test", "192.0.2.1", 25, (Endpoint("192.0.2.2", 25), Endpoint("::1", 26)), TlsFloor.TLS13)
LOOPS = Route("ch-b.test", "192.0.2.1", 25)


@pytest.mark.parametrize(
    ("recipient", "routes", "white_list", "freshness", "answer"),
    [
        ("x@ch-a.test", (), LIST, FRESH, Local()),
        ("x@ch-a.test", (OTHERS,), None, STALE, Local()),
        ("x@ch-b.test", (), LIST, FRESH, NextHop("ch-b.test")),
        ("x@ch-b.test", (), LIST, AGEING, NextHop("ch-b.test")),
        ("x@ch-b.test", (OTHERS, EXACT), LIST, FRESH, NextHop("ch-b.test", (Endpoint("mx.ch-b.test", 2525),))),
        ("x@ch-b.test", (OTHERS,), LIST, FRESH, NextHop("ch-b.test", (Endpoint("::1", 25),))),
        ("x@ch-b.test", (SEVERAL,), LIST, FRESH, NextHop("ch-b.test", SEVERAL.further, TlsFloor.TLS13)),
        ("x@ch-b.test", (LOOPS,), LIST, FRESH, "451 4.4.6 The route leads back to this server"),
        ("x@ch-b.test", (EXACT,), LIST, STALE, "451 4.7.5 The white list here is not up to date"),
        ("x@ch-b.test", (EXACT,), None, FRESH, "451 4.7.5 The white list here is not up to date"),
        ("x@ch-c.test", (OTHERS,), LIST, FRESH, "550 5.7.1 Domain ch-c.test is not on the white list"),
        ("x@sub.ch-b.test", (OTHERS,), LIST, FRESH, "550 5.7.1 Domain sub.ch-b.test is not on the white list"),
        ("x@sub.ch-a.test", (OTHERS,), LIST, FRESH, "550 5.7.1 Domain sub.ch-a.test is not on the white list"),
    ],
)
def test_where_mail_goes(
    recipient: str,
    routes: tuple[Route, ...],
    white_list: WhiteList | None,
    freshness: Freshness,
    answer: Local | NextHop | str,
) -> None:
    got = judge_route(parse_address(recipient), HERE, routes, white_list, freshness)
    assert (str(got.reply) if isinstance(got, Nowhere) else got) == answer


@pytest.mark.parametrize(
    ("via", "answer"),
    [
        (Endpoint("192.0.2.9", 25), NextHop("ch-b.test", (Endpoint("192.0.2.9", 25),), TlsFloor.TLS13)),
        (OURS, "451 4.4.6 The route leads back to this server"),
    ],
)
def test_a_redirected_item_keeps_the_floor_of_its_route(via: Endpoint, answer: NextHop | str) -> None:
    got = judge_route(parse_address("x@ch-b.test"), HERE, (SEVERAL,), LIST, FRESH, via)
    assert (str(got.reply) if isinstance(got, Nowhere) else got) == answer
