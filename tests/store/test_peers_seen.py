from dataclasses import replace
from datetime import timedelta

from mssmail.core.names import parse_listed_name
from mssmail.store.engine import Store
from mssmail.store.peers_seen import Direction, SeenPeer, list_peers, note_peer
from tests.support.store import NOW

NAME = parse_listed_name('CN=mss.a.test,OU=1990000001,O="C H  D\'A, NORD",ST=Nord (59),C=FR')
PEER = SeenPeer("ab" * 32, Direction.IN, "CN=mss.a.test", NAME, "192.0.2.1", NOW + timedelta(days=9), NOW, NOW)


def note(store: Store, peer: SeenPeer, domain: str) -> None:
    store.submit(lambda conn: note_peer(conn, peer, domain)).result()


def test_a_peer_is_one_row_with_all_its_domains_and_both_moments(store: Store) -> None:
    later = NOW + timedelta(hours=2)
    note(store, PEER, "b.test")
    note(store, replace(PEER, server="192.0.2.2", first_at=later, last_at=later), "a.test")
    [found] = store.read(list_peers).result()
    assert found == replace(PEER, server="192.0.2.2", last_at=later, domains=("a.test", "b.test"))
    assert found.name == NAME


def test_both_directions_stand_apart_and_old_ones_may_be_left_out(store: Store) -> None:
    later = NOW + timedelta(days=100)
    note(store, PEER, "a.test")
    note(store, replace(PEER, direction=Direction.OUT, last_at=later), "c.test")
    found = store.read(list_peers).result()
    assert [(each.direction, each.domains) for each in found] == [
        (Direction.OUT, ("c.test",)),
        (Direction.IN, ("a.test",)),
    ]
    assert len(store.read(lambda conn: list_peers(conn, later)).result()) == 1


def test_what_a_peer_showed_is_kept_and_replaced_by_what_it_shows_now(store: Store) -> None:
    note(store, PEER, "a.test")
    assert store.read(list_peers).result()[0].chain == ()
    for chain in ((b"own", b"", b"issuer"), (b"own", b"another")):
        note(store, replace(PEER, chain=chain), "a.test")
        assert store.read(list_peers).result()[0].chain == chain
    note(store, replace(PEER, chain=(b"own", b"x" * 40_000)), "a.test")
    assert store.read(list_peers).result()[0].chain == (b"own",)
