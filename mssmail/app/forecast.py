"""What another white list, further revocation lists or stricter rules would have refused of what was received.

Every message that is kept is judged twice by the functions that judge mail from peers, once as the server is set up and
once as supposed; told are those that pass the first time and not the second. Both times it is judged as if it came now:
a new revocation list says nothing of the time before it was made.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.app.known_peers import verify_peer
from mssmail.core.address import parse_address
from mssmail.core.decision import Accept, Decision, Refuse
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.verdict import Outcome
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadSyntax
from mssmail.examine import examine
from mssmail.journal import Event
from mssmail.policy.content import ContentFacts, weigh_content
from mssmail.policy.freshness import Freshness
from mssmail.policy.sender import weigh_sender
from mssmail.policy.shadow import settle
from mssmail.settings import Domain, RevocationMode, Settings, SmimeMode
from mssmail.smtp.certificate import judge_certificate
from mssmail.store.engine import Store
from mssmail.store.journal import KeptEntry, read_entries
from mssmail.store.messages import KeptMessage, find_by_trace, load_message
from mssmail.store.peers_seen import Direction, SeenPeer, list_peers
from mssmail.trust.path_result import PathResult
from mssmail.trust.snapshot import TrustStore

_NO_RULE: Final = Accept("as-before")


@dataclass(frozen=True, slots=True)
class World:
    """What mail is judged by. ``smime`` replaces what the recipients' domains ask, when it is given."""

    white_list: WhiteList | None
    store: TrustStore
    shadow: frozenset[str] = frozenset()
    smime: SmimeMode | None = None
    revocation: RevocationMode = RevocationMode.HARD


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A message that passes today and would not."""

    id: str
    received_at: datetime
    sender: str
    to: tuple[str, ...]
    rule: str
    reply: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """The outcome; ``gone`` are messages the journal tells of that are kept no more, ``judged`` all others."""

    judged: int
    gone: int
    refused: tuple[Foreseen, ...]


def build_forecast(
    store: Store, settings: Settings, today: World, supposed: World, since: datetime, now: datetime
) -> Forecast:
    """Judge everything received from peers since then."""
    judge = _Judge(settings, _index(store.read(list_peers).result()), now)
    refused: list[Foreseen] = []
    judged = gone = 0
    for kept in _iterate_received(store, since):
        message = _load(store, kept.entry.trace_id)
        if message is None:
            gone += 1
            continue
        judged += 1
        later = judge.judge(message, supposed)
        if isinstance(later, Refuse) and isinstance(judge.judge(message, today), Accept):
            refused.append(_describe(message, later))
    return Forecast(judged, gone, tuple(refused))


def _index(peers: Iterable[SeenPeer]) -> dict[str, SeenPeer]:
    """Those that brought us mail, by certificate."""
    return {peer.fingerprint: peer for peer in peers if peer.direction is Direction.IN}


def _iterate_received(store: Store, since: datetime) -> Iterator[KeptEntry]:
    after = 0
    while page := store.read(
        lambda conn, after=after: read_entries(conn, event=Event.RECEIVED, since=since, after_id=after)  # type: ignore[misc]
    ).result():
        yield from page
        after = page[-1].id


def _load(store: Store, trace_id: str) -> KeptMessage | None:
    def look(conn: object) -> KeptMessage | None:
        ids = find_by_trace(conn, trace_id)  # type: ignore[arg-type]
        return load_message(conn, ids[0]) if ids else None  # type: ignore[arg-type]

    return store.read(look).result()


class _Judge:
    """Judges a kept message in a world."""

    def __init__(self, settings: Settings, peers: Mapping[str, SeenPeer], now: datetime) -> None:
        self._settings, self._peers, self._now = settings, peers, now
        self._verified: dict[tuple[int, str], PathResult | None] = {}  # by world and certificate

    def judge(self, message: KeptMessage, world: World) -> Decision:
        evidence = json.loads(message.evidence)
        peer = self._find_peer(evidence, world)
        if isinstance(peer, Refuse):
            return peer
        if peer is not None:
            series = weigh_sender(message.reverse_path, peer, world.white_list, Freshness.FRESH, world.revocation)
            decision = settle(series, world.shadow).decision
            if isinstance(decision, Refuse):
                return decision
        domain = self._find_domain(evidence)
        return _NO_RULE if domain is None else self._judge_content(message, peer, domain, world)

    def _judge_content(self, message: KeptMessage, peer: Peer | None, domain: Domain, world: World) -> Decision:
        mode = world.smime or domain.smime
        name, verify = self._settings.server.name, mode is not SmimeMode.OFF
        found = examine(message.data, world.store, self._now, authserv_id=name, verify=verify)
        facts = ContentFacts(
            verdict=found.verdict,
            authors=found.authors,
            reverse_path=message.reverse_path,
            report_type=found.report_type,
            peer=None if peer is None else peer.name,
            white_list=world.white_list,
            sender=found.sender,
            notices=found.notices,
        )
        # Of a peer nobody remembers it is not known for whom it may speak.
        series = weigh_content(facts, mode, accept_encrypted=domain.accept_encrypted, ask_white_list=peer is not None)
        return settle(series, world.shadow).decision

    def _find_peer(self, evidence: Mapping[str, object], world: World) -> Peer | Refuse | None:
        seen = self._peers.get(str(evidence.get("fingerprint", "")))
        if seen is None:
            return None
        found = self._verify(seen, world)
        refusal = None if found is None else judge_certificate(found)
        if refusal is not None:
            return refusal
        tls = TlsFacts("TLSv1.3", "")  # it had some
        # Of what cannot be told here it was told when the peer came.
        is_revoked = found is not None and found.revocation.outcome is Outcome.FAILED
        return Peer(seen.server, 0, tls=tls, name=seen.name, subject=seen.subject, revoked=is_revoked)

    def _verify(self, seen: SeenPeer, world: World) -> PathResult | None:
        key = (id(world), seen.fingerprint)
        if key not in self._verified:
            self._verified[key] = verify_peer(seen, world.store, self._now)
        return self._verified[key]

    def _find_domain(self, evidence: Mapping[str, object]) -> Domain | None:
        to = evidence.get("to")
        if not isinstance(to, list) or not to:
            return None
        try:
            return self._settings.find_domain(parse_address(str(to[0])).domain)
        except BadSyntax:
            return None


def _describe(message: KeptMessage, refusal: Refuse) -> Foreseen:
    to = json.loads(message.evidence).get("to", [])
    sender = str(message.reverse_path or "<>")
    return Foreseen(
        message.trace_id, message.received_at, sender, tuple(map(str, to)), refusal.rule, str(refusal.reply)
    )
