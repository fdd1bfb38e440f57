"""The size announced: facts → answer."""

import pytest

from mssmail.core.decision import Accept, refuse
from mssmail.policy.size import find_own_limit, find_peer_limit, judge_size, judge_size_there
from mssmail.settings import Domain, Route

TOO_BIG = refuse("too-big", 552, "5.3.4", "Message too big: 10 octets are taken")


@pytest.mark.parametrize(
    ("announced", "answer"), [(None, Accept("size")), (0, Accept("size")), (10, Accept("size")), (11, TOO_BIG)]
)
def test_the_limit_itself_is_taken(announced: int | None, answer: object) -> None:
    assert judge_size(announced, 10) == answer


@pytest.mark.parametrize(
    ("octets", "limit", "is_taken"), [(None, 10, True), (10, 10, True), (11, None, True), (11, 10, False)]
)
def test_what_a_domain_is_known_not_to_take_is_refused_at_once(
    octets: int | None, limit: int | None, is_taken: bool
) -> None:
    decision = judge_size_there(octets, "a.test", limit)
    wanted = refuse("too-big-there", 552, "5.3.4", "Message too big for a.test: 10 octets are taken there")
    assert decision == (Accept("size-there") if is_taken else wanted)


def test_a_domain_of_ours_may_take_less_than_the_listener() -> None:
    assert find_own_limit(Domain("a.test")) is None
    assert find_own_limit(Domain("a.test", max_message_bytes=10)) == 10


ROUTES = (Route("*", "x"), Route("b.test", "x", max_message_bytes=5))


@pytest.mark.parametrize(
    ("domain", "routes", "announced", "limit"),
    [
        ("b.test", ROUTES, 100, 5),
        ("c.test", ROUTES, 100, 100),
        ("c.test", (), 100, 100),
        ("c.test", (), None, None),
        ("c.test", (Route("*", "x", max_message_bytes=7),), None, 7),
    ],
)
def test_what_is_configured_for_a_route_counts_before_what_its_server_announced(
    domain: str, routes: tuple[Route, ...], announced: int | None, limit: int | None
) -> None:
    assert find_peer_limit(domain, routes, announced) == limit
