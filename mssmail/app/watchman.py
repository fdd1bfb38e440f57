"""Looks after what people must hear of before mail stops: certificates about to end, peers about to lose their name.

Each alarm is a warning in the log, an entry of the journal, and a figure of the metrics; the same one is raised once.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from mssmail.app.known_peers import find_current, judge_peers
from mssmail.app.standing import Held, Standing, list_standings
from mssmail.core.clock import Clock
from mssmail.core.names import encode_name
from mssmail.core.trace import build_id
from mssmail.core.whitelist import WhiteList
from mssmail.errors import Fault
from mssmail.flows.refresh import TrustKeeper
from mssmail.flows.rounds import Rounds
from mssmail.journal import Entry, Event
from mssmail.policy.outlook import Alarm, Contact, find_alarms, find_step
from mssmail.settings import Settings
from mssmail.store.engine import Store
from mssmail.store.journal import append_entries
from mssmail.store.peers_seen import Direction, SeenPeer, list_peers

_log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
PEERS_FOR: Final = timedelta(days=90)
"""Peers not seen for so long are no longer people we talk to."""


class Watchman:
    """One for the process; ``raised`` counts alarms by kind."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        trust: TrustKeeper,
        clock: Clock,
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self.settings, self._store, self._trust, self._clock = settings, store, trust, clock
        self._look_seconds = look_seconds
        self._rounds = Rounds("certificates could not be looked after", self._repeat, look_seconds)
        self._told: set[tuple[object, ...]] = set()
        self._judged_generation = -1  # of the snapshot that the peers were judged by last
        self.raised: Counter[str] = Counter()

    async def start(self) -> None:
        """Look now and then from now on, and at every new white list."""
        self._trust.lists.subscribe(self.compare_lists)
        await self._rounds.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._rounds.stop()

    async def compare_lists(self, old: WhiteList | None, new: WhiteList, reason: str) -> None:
        """A list was adopted or, with a reason, held: what of it concerns the peers we talk to."""
        since = self._clock() - PEERS_FOR
        peers = await asyncio.wrap_future(self._store.read(lambda conn: list_peers(conn, since)))
        contacts = [Contact(domain, peer.name) for peer in peers for domain in peer.domains]
        alarms = await asyncio.to_thread(find_alarms, contacts, old, new)
        for alarm in alarms:
            once = (alarm, new.generated_at, bool(reason))  # adopted after it was held, it is told once more
            await self._raise(alarm.kind.value, alarm.text, once, _describe(alarm, new, reason))

    async def look(self) -> list[Standing]:
        """How everything stands; raises an alarm for what is about to end, or cannot be used."""
        now, warning_days = self._clock(), self.settings.trust.expiry_warning_days
        peers = await asyncio.wrap_future(self._store.read(lambda conn: list_peers(conn, now - PEERS_FOR)))
        found = await asyncio.to_thread(list_standings, self.settings, self.hold(), peers, now)
        for standing in found:
            facts: dict[str, object] = {"kind": standing.kind, "name": standing.name, "note": standing.note}
            if standing.fault:
                text = f"{standing.name} cannot be used, the old one stays: {standing.fault}"
                await self._raise("unusable", text, (standing.key, standing.fault), facts)
            # Lists live for days and are renewed by themselves: of them only the end is news.
            patience = -1 if standing.kind == "crl" else warning_days
            step = None if standing.days_left is None else find_step(standing.days_left, patience)
            if step is not None:
                text = f"{standing.name} ({standing.kind}) ends at {standing.ends_at:%Y-%m-%d %H:%M}Z"
                facts |= {"days_left": standing.days_left}
                await self._raise("ends", text, (standing.key, standing.ends_at, step), facts)
        if fault := self._trust.certificates_fault:
            text = f"anchors or intermediates cannot be read, the old ones stay: {fault}"
            await self._raise("unusable", text, ("trust", fault), {"kind": "trust"})
        await self._judge_peers(peers)
        return found

    async def _judge_peers(self, peers: Sequence[SeenPeer]) -> None:
        """After each change of lists and anchors: whose certificate will be refused when they come, or we go there."""
        generation = self._trust.snapshot.generation
        if generation == self._judged_generation:
            return
        for peer, reason in judge_peers(find_current(peers), self._trust.store, self._clock()):
            if reason:
                way = "from" if peer.direction is Direction.IN else "to"
                text = f"mail {way} {peer.server} will be refused: {reason}"
                facts: dict[str, object] = {"kind": f"peer-{peer.direction.value}", "name": peer.subject}
                facts |= {"domains": list(peer.domains), "reason": reason}
                await self._raise("refused", text, (peer.fingerprint, peer.direction, reason), facts)
            await asyncio.sleep(0)
        self._judged_generation = generation

    def hold(self) -> Held:
        """What is in use now."""
        snapshot, lists = self._trust.snapshot, self._trust.lists
        crls = tuple(self._trust.crls.kept.values())
        return Held(snapshot.anchors, snapshot.intermediates, crls, lists.signer_certificate)

    def list_peers(self) -> list[SeenPeer]:
        """The peers we talk to, for metrics; blocks."""
        since = self._clock() - PEERS_FOR
        return list(self._store.read(lambda conn: list_peers(conn, since)).result())

    async def _repeat(self) -> float:
        await self.look()
        return self._look_seconds

    async def _raise(self, kind: str, text: str, once: tuple[object, ...], facts: dict[str, object]) -> None:
        if once in self._told:
            return
        self._told.add(once)
        self.raised[kind] += 1
        _log.warning("%s", text, extra={"alarm": kind})
        entry = Entry(self._clock(), Event.ALARM, build_id(), {"alarm": kind, "text": text, **facts})
        try:
            await asyncio.wrap_future(self._store.submit(lambda conn: append_entries(conn, (entry,))))
        except Fault:
            _log.exception("an alarm is not in the journal: %s", text)


def _describe(alarm: Alarm, new: WhiteList, reason: str) -> dict[str, object]:
    facts: dict[str, object] = {
        "domain": alarm.domain,
        "name": encode_name(alarm.name),
        "list_generated_at": new.generated_at.isoformat(),
        "list": f"held: {reason}" if reason else "in use",
    }
    return facts
