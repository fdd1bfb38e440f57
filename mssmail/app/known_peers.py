"""Peers by the certificates they showed, asked again: would they be believed today?"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from mssmail.core.verdict import Outcome
from mssmail.store.peers_seen import Direction, SeenPeer
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose


def verify_peer(peer: SeenPeer, store: TrustStore, at: datetime) -> PathResult | None:
    """What is found of its certificate as of that moment; None of a peer whose certificate is not kept."""
    if not peer.chain:
        return None
    purpose = Purpose.TLS_CLIENT if peer.direction is Direction.IN else Purpose.TLS_SERVER
    return verify_path(peer.chain[0], peer.chain[1:], store, purpose, at)


def find_current(peers: Iterable[SeenPeer]) -> Iterator[SeenPeer]:
    """Of peers, the latest first, those with a domain for which no other certificate was seen since."""
    followed: set[tuple[Direction, str]] = set()
    for peer in peers:
        mine = {(peer.direction, domain) for domain in peer.domains}
        if mine - followed:
            yield peer
        followed |= mine


def judge_peers(peers: Iterable[SeenPeer], store: TrustStore, at: datetime) -> Iterator[tuple[SeenPeer, str]]:
    """Each with the reason why its certificate is known not to pass, or ""; one a step, so that the caller may breathe.

    That one ends is told elsewhere, long before. What cannot be checked is no news of the peer.
    """
    for peer in peers:
        found = verify_peer(peer, store, at)
        facts = () if found is None else (found.chain, found.revocation, found.usage)
        reason = next((fact.reason for fact in facts if fact.outcome is Outcome.FAILED), "")
        yield peer, reason
