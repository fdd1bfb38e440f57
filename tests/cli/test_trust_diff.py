"""What a list changes, and whom of our peers that concerns."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.core.names import parse_listed_name
from mssmail.flows.refresh import TrustKeeper
from mssmail.journal import Entry
from mssmail.lab.pki import describe_subject
from mssmail.store.engine import open_store
from mssmail.store.journal import append_entries
from mssmail.store.peers_seen import Direction, SeenPeer, note_peer
from tests.support.command import run
from tests.support.operators import Site, build_site, write_list
from tests.support.pki import Pki

NOW = read_clock().replace(microsecond=0)
PKI = Pki(NOW)


async def refresh(site: Site) -> None:
    """As a running server does."""
    store = open_store(site.settings.server.store, exclusive=False)

    async def record(entry: Entry) -> None:
        await asyncio.wrap_future(store.submit(lambda conn: append_entries(conn, (entry,))))

    keeper = TrustKeeper(site.settings.trust, site.settings.server.store, record)
    await keeper.start()
    await keeper.refresh_list()
    await keeper.stop()
    store.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A server that has its first list and has talked to peer.test."""
    site = build_site(tmp_path / "op", PKI, NOW)
    asyncio.run(refresh(site))
    certificate = PKI.make_operator("mss.peer.test").certificate
    name = parse_listed_name(describe_subject(certificate.subject))
    ends = NOW + timedelta(days=12, hours=1)
    peer = SeenPeer("ab" * 32, Direction.IN, "CN=mss.peer.test", name, "192.0.2.1", ends, NOW, NOW)
    store = open_store(site.settings.server.store, exclusive=False)
    store.submit(lambda conn: note_peer(conn, peer, "peer.test")).result()
    store.close()
    return site


def ask(site: Site, *arguments: str) -> tuple[int, list[dict[str, str]]]:
    answer = run("trust", "diff", *arguments, "--config", str(site.config), "--json")
    return answer.code, json.loads(answer.out)


def test_the_last_change_is_told_when_nothing_waits(site: Site) -> None:
    answer = run("trust", "diff", "--config", str(site.config))
    assert answer.code == 1
    assert "peer.test" in answer.out
    assert json.loads(run("trust", "diff", "--config", str(site.config), "--json").out)["counts"]["added"] == 2


def test_a_list_that_is_held_back_is_compared_with_the_one_in_use(site: Site) -> None:
    write_list(site.folder / "list.xml", PKI, NOW + timedelta(hours=1), {"a.test": PKI.make_operator("mss.a.test")})
    asyncio.run(refresh(site))
    code, changes = ask(site)
    assert code == 1
    assert [(each["change"], each["domain"], each["peer"]) for each in changes] == [
        ("lost", "peer.test", "loses the name we see")
    ]


def test_any_list_is_compared_with_the_one_in_use(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    names = {"a.test": PKI.make_operator("mss.a.test"), "peer.test": PKI.make_operator("new.peer.test")}
    write_list(other, PKI, NOW, names)
    _, changes = ask(site, str(other))
    assert {each["peer"] for each in changes} == {"loses the name we see", "gains a name never seen"}
    assert ask(site, str(other), str(other)) == (0, [])


def test_without_any_list_there_is_nothing_to_tell(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    answer = run("trust", "diff", "--config", config)
    assert (answer.code, "no list was ever adopted" in answer.out) == (0, True)
    some = tmp_path / "some.xml"
    write_list(some, PKI, NOW, {})
    assert run("trust", "diff", str(some), "--config", config).code == 1


def test_cert_status_tells_everything_with_its_days(site: Site) -> None:
    answer = run("cert", "status", "--config", str(site.config), "--json")
    found = {each["kind"]: each for each in json.loads(answer.out)}
    assert set(found) == {"own", "anchor", "intermediate", "crl", "list-signer", "peer-in"}
    assert found["peer-in"]["days_left"] == 12
    assert answer.code == 0
    assert "CN=mss.peer.test" in run("cert", "status", "--config", str(site.config)).out
    site.settings.relay.key.write_bytes(b"half a file")
    assert run("cert", "status", "--config", str(site.config)).code == 1
