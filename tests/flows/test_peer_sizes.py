from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.decision import Accept, Refuse
from mssmail.flows import peer_sizes
from mssmail.flows.peer_sizes import SAVE_EVERY, PeerSizes, judge_sizes
from mssmail.settings import Domain, Settings
from tests.support.store import NOW, make_store


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


def test_what_was_said_outlives_the_process_for_a_week(tmp_path: Path) -> None:
    store, now = make_store(tmp_path), NOW
    sizes = PeerSizes(store, lambda: now)
    for domain, size in (("a.test", 100), ("a.test", 200), ("b.test", 300), ("c.test", 1), ("c.test", None)):
        sizes.learn(domain, size)
    sizes.learn("d.test", 10**30)
    store.submit(lambda _conn: None).result()
    again = PeerSizes(store, lambda: now)
    again.load()
    assert [again.find(f"{name}.test") for name in "abc"] == [200, 300, None]
    assert again.find("d.test") == 2**63 - 1
    now = NOW + timedelta(days=6)
    again.learn("a.test", 200)
    store.submit(lambda _conn: None).result()
    now = NOW + timedelta(days=8)
    third = PeerSizes(store, lambda: now)
    third.load()
    assert [each.find(domain) for each in (again, third) for domain in ("a.test", "b.test")] == [200, None, 200, None]
    store.close()


def test_what_is_said_again_and_again_is_written_once_a_day(tmp_path: Path) -> None:
    store, now = make_store(tmp_path), NOW
    sizes = PeerSizes(store, lambda: now)
    for _ in range(3):
        sizes.learn("a.test", 100)
    store.submit(lambda _conn: None).result()
    operations = store.writer_stats.operations
    sizes.learn("a.test", 100)
    sizes.learn("none.test", None)
    store.submit(lambda _conn: None).result()
    assert store.writer_stats.operations == operations + 1
    now += SAVE_EVERY
    sizes.learn("a.test", 100)
    store.submit(lambda _conn: None).result()
    assert store.writer_stats.operations == operations + 3
    store.close()


def test_a_closed_store_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = make_store(tmp_path)
    store.close()
    sizes = PeerSizes(store)
    sizes.learn("a.test", 100)
    assert sizes.find("a.test") == 100
    assert "could not be remembered" in caplog.text
