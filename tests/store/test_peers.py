"""What is known of peers outlives the process; a TLS floor only people take down."""

from datetime import timedelta

from mssmail.core.lane import PeerState
from mssmail.store.engine import Store
from mssmail.store.peers import find_peer, load_peers, lower_floor, save_peer, wake_peer
from tests.support.store import NOW

ILL = PeerState("a.test", 3, NOW, NOW + timedelta(hours=1), "no connection", "TLSv1.2")


def test_what_was_learnt_is_known_again(store: Store) -> None:
    assert store.read(load_peers).result() == {}
    assert store.read(lambda conn: find_peer(conn, "a.test")).result() == PeerState("a.test")
    for state in (PeerState("b.test"), PeerState("a.test"), ILL):
        store.submit(lambda conn, state=state: save_peer(conn, state)).result()  # type: ignore[misc]
    assert store.read(load_peers).result() == {"a.test": ILL, "b.test": PeerState("b.test")}


def test_the_floor_never_falls_but_by_hand(store: Store) -> None:
    for version in ("TLSv1.2", "TLSv1.3", "TLSv1.2", ""):
        store.submit(lambda conn, version=version: save_peer(conn, PeerState("a.test", tls_floor=version))).result()  # type: ignore[misc]
    assert store.read(lambda conn: find_peer(conn, "a.test").tls_floor).result() == "TLSv1.3"
    assert store.submit(lambda conn: lower_floor(conn, "a.test")).result()
    assert not store.submit(lambda conn: lower_floor(conn, "a.test")).result()
    assert store.read(lambda conn: find_peer(conn, "a.test").tls_floor).result() == ""


def test_a_resting_peer_is_woken_once(store: Store) -> None:
    store.submit(lambda conn: save_peer(conn, ILL)).result()
    assert store.submit(lambda conn: wake_peer(conn, "a.test")).result()
    assert not store.submit(lambda conn: wake_peer(conn, "a.test")).result()
    assert not store.submit(lambda conn: wake_peer(conn, "b.test")).result()
    woken = store.read(lambda conn: find_peer(conn, "a.test")).result()
    assert (woken.rests_until, woken.failures) == (None, 3)
