from mssmail.core.address import parse_address
from mssmail.core.decision import Accept, Refuse
from mssmail.flows import peer_sizes
from mssmail.flows.peer_sizes import PeerSizes, judge_sizes
from mssmail.settings import Domain, Settings


def test_what_was_announced_last_is_what_counts() -> None:
    sizes = PeerSizes()
    assert sizes.find("a.test") is None
    sizes.learn("a.test", 100)
    sizes.learn("a.test", 200)
    assert sizes.find("a.test") == 200
    sizes.learn("a.test", None)
    assert sizes.find("a.test") is None


def test_the_longest_known_is_forgotten_first() -> None:
    sizes = PeerSizes()
    for number in range(peer_sizes._MAX_KEPT + 1):
        sizes.learn(f"{number}.test", 1)
    assert sizes.find("0.test") is None
    assert sizes.find("1.test") == 1


def test_one_domain_that_takes_less_is_enough_to_refuse() -> None:
    settings = Settings(domain=(Domain("own.test", max_message_bytes=10), Domain("big.test")))
    sizes = PeerSizes()
    sizes.learn("peer.test", 20)
    own, big, peer, new = (parse_address(f"a@{name}.test") for name in ("own", "big", "peer", "new"))
    assert isinstance(judge_sizes(settings, sizes, 10, (own, big, peer, new)), Accept)
    assert isinstance(judge_sizes(settings, sizes, 11, (big, own)), Refuse)
    assert isinstance(judge_sizes(settings, sizes, 20, (big, peer, new)), Accept)
    assert isinstance(judge_sizes(settings, sizes, 21, (big, peer)), Refuse)
    assert isinstance(judge_sizes(settings, sizes, None, (own, peer)), Accept)
