"""Remembering the peers we exchange mail with, without a write for every message."""

import logging
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Final

from mssmail.core.clock import Clock
from mssmail.core.envelope import Peer
from mssmail.store.engine import Store
from mssmail.store.peers_seen import Direction, SeenPeer, note_peer

_log = logging.getLogger(__name__)

NOTE_EVERY: Final = timedelta(hours=1)
_MAX_REMEMBERED: Final = 10_000


class PeerBook:
    """What was noted a moment ago is not noted again; nobody waits for the disk."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._noted: dict[tuple[str, Direction, str], datetime] = {}

    def note(self, peer: Peer, direction: Direction, domain: str) -> None:
        """This peer spoke for this domain now, and was believed."""
        if peer.name is None or peer.not_after is None:
            return
        now, key = self._clock(), (peer.fingerprint, direction, domain)
        noted = self._noted.get(key)
        if noted is not None and now - noted < NOTE_EVERY:
            return
        if len(self._noted) >= _MAX_REMEMBERED:
            self._noted.clear()
        self._noted[key] = now
        server = peer.address
        seen = SeenPeer(
            peer.fingerprint, direction, peer.subject, peer.name, server, peer.not_after, now, now, chain=peer.chain
        )
        self._store.submit(lambda conn: note_peer(conn, seen, domain)).add_done_callback(_tell)


def _tell(future: "Future[None]") -> None:
    if (error := future.exception()) is not None:
        _log.error("a peer could not be remembered", exc_info=error)
