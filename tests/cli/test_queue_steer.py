"""Administrators steer what waits; each act is journaled."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.lane import PeerState
from mssmail.journal import Event
from mssmail.store.engine import Store, open_store
from mssmail.store.journal import read_entries
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import deliver
from mssmail.store.peers import find_peer, save_peer
from mssmail.store.queue import find_item
from tests.support.command import Answer, run
from tests.support.operators import Site, build_site
from tests.support.pki import Pki
from tests.support.store import build_delivery, build_message

PEER = parse_address("p@peer.test")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def site(tmp_path: Path, pki: Pki) -> Site:
    """An operator whose Marie has written to two people at peer.test; the server does not run."""
    site = build_site(tmp_path / "op", pki, datetime.now(UTC))
    store = open_store(site.settings.server.store, exclusive=False)
    marie = parse_address("marie@a.test")
    delivery = build_delivery(store, build_message(), queue=(PEER, parse_address("q@peer.test")), reverse_path=marie)
    store.submit(lambda conn: deliver(conn, delivery)).result()
    store.close()
    return site


def _run(site: Site, *arguments: str) -> Answer:
    return run("queue", *arguments, "--config", str(site.config))


def _open(site: Site) -> Store:
    return open_store(site.settings.server.store, exclusive=False)


def test_an_item_is_held_released_and_hurried(site: Site) -> None:
    assert _run(site, "release", "1").code == 1
    assert json.loads(_run(site, "hold", "1", "--json").out) == {"item": 1, "done": "is held"}
    assert "held by an administrator" in _run(site, "show", "1").out
    assert _run(site, "retry", "1").code == 1
    assert "is due now" in _run(site, "release", "1").out
    assert _run(site, "retry", "1").code == 0
    store = _open(site)
    acts = [each.entry.facts["act"] for each in store.read(lambda conn: read_entries(conn, event=Event.ADMIN)).result()]
    store.close()
    assert acts == ["queue hold", "queue release", "queue retry"]


def test_retrying_an_item_wakes_its_resting_peer(site: Site) -> None:
    store = _open(site)
    ill = PeerState("peer.test", 3, rests_until=datetime.now(UTC) + timedelta(days=1), tls_floor="TLSv1.3")
    store.submit(lambda conn: save_peer(conn, ill)).result()
    assert "rests after 3 failures" in _run(site, "explain", "1").out
    assert _run(site, "retry", "1").code == 0
    assert store.read(lambda conn: find_peer(conn, "peer.test").rests_until).result() is None
    assert _run(site, "wake", "peer.test").code == 1
    store.submit(lambda conn: save_peer(conn, ill)).result()
    assert "is tried now" in _run(site, "wake", "peer.test").out
    assert "TLS 1.2" in _run(site, "lower-floor", "peer.test").out
    assert _run(site, "lower-floor", "peer.test").code == 1
    assert store.read(lambda conn: find_peer(conn, "peer.test").tls_floor).result() == ""
    store.close()


def test_giving_up_tells_the_sender(site: Site) -> None:
    assert "sender told" in _run(site, "fail", "1", "--reason", "the practice has closed").out
    assert _run(site, "fail", "1").code == 1
    store = _open(site)
    (bounced,) = store.read(lambda conn: read_entries(conn, event=Event.BOUNCED)).result()
    inbox = store.read(lambda conn: find_mailbox(conn, 1, "INBOX")).result()
    assert store.read(lambda conn: find_item(conn, 1)).result() is None
    assert store.read(lambda conn: find_item(conn, 2)).result() is not None
    store.close()
    assert bounced.entry.facts["reply"] == "554 5.0.0 Given up by an administrator: the practice has closed"
    assert inbox.messages == 1


def test_an_item_goes_another_way_within_the_trust_space(site: Site) -> None:
    white_list = _run(site, "redirect", "1", "--to", "x@peer.test")
    assert white_list.code == 1
    assert "white-list-stale" in white_list.err  # no server has run here yet: there is no list on the disk


def test_nothing_leaves_the_trust_space_and_something_must_change(site: Site) -> None:
    assert _run(site, "redirect", "1").code == 64
    assert _run(site, "redirect", "99", "--to", "x@peer.test").code == 1
    assert _run(site, "redirect", "1", "--to", "x@elsewhere.example").code == 1


def test_mail_may_be_redirected_into_a_box_of_ours(site: Site) -> None:
    assert _run(site, "redirect", "1", "--to", "marie@a.test").code == 0
    store = _open(site)
    item = store.read(lambda conn: find_item(conn, 1)).result()
    store.close()
    assert item is not None
    assert (str(item.recipient), item.lane) == ("marie@a.test", "a.test")
    assert item.parameters.original is not None
    assert item.parameters.original.address == "p@peer.test"
