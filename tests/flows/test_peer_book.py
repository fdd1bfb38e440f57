"""Peers are remembered without a write for every message."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.flows import peer_book
from mssmail.flows.peer_book import PeerBook
from mssmail.store.engine import Store
from mssmail.store.peers_seen import Direction, SeenPeer, list_peers
from tests.support.operator_room import build_peer
from tests.support.store import make_store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEER = replace(build_peer(), not_after=NOW + timedelta(days=300))


async def read(store: Store) -> list[SeenPeer]:
    return list(await asyncio.wrap_future(store.submit(list_peers)))


async def test_the_same_peer_is_written_once_an_hour(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    now = NOW
    book = PeerBook(store, lambda: now)
    for _ in range(3):
        book.note(PEER, Direction.IN, "a.test")
    book.note(PEER, Direction.IN, "b.test")
    [seen] = await read(store)
    assert (seen.domains, seen.last_at) == (("a.test", "b.test"), NOW)
    operations = store.writer_stats.operations
    now = NOW + timedelta(hours=1)
    book.note(PEER, Direction.IN, "a.test")
    [seen] = await read(store)
    assert seen.last_at == now
    assert store.writer_stats.operations <= operations + 3
    store.close()


async def test_a_peer_without_a_certificate_is_nobody(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    book = PeerBook(store, lambda: NOW)
    book.note(replace(PEER, name=None), Direction.IN, "a.test")
    book.note(replace(PEER, not_after=None), Direction.IN, "a.test")
    assert await read(store) == []
    store.close()


async def test_its_memory_is_bounded_and_a_closed_store_stops_no_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(peer_book, "_MAX_REMEMBERED", 1)
    store = make_store(tmp_path)
    book = PeerBook(store, lambda: NOW)
    book.note(PEER, Direction.OUT, "a.test")
    book.note(PEER, Direction.OUT, "b.test")
    assert len(await read(store)) == 1
    store.close()
    book.note(PEER, Direction.OUT, "c.test")
    assert "could not be remembered" in caplog.text
