"""Why an item of the queue is where it is: the item, its lane, its route and what was last heard, put into words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from mssmail.app.explanation import KnownTrust
from mssmail.core.lane import PeerState, read_via
from mssmail.core.queue import QueueItem, QueueState
from mssmail.flows.carrier import describe_here
from mssmail.policy.routing import Local, NextHop, Nowhere, judge_route
from mssmail.settings import Settings

RULES = {
    "refused-for-now": "the peer put this message off: it waits longer after each attempt",
    "crowded-out": "the peer took no more recipients in one transaction: the rest follows in a moment",
    "peer-unreachable": "nobody there can be spoken to: the whole domain rests, longer after each failure",
    "our-own-trouble": "the trouble is here (trust data too old, or a fault of this server)",
    "after-a-mishap": "this server failed or died while handing it over: it is tried apart from the others",
    "poison": "this server failed or died on it again and again: people must look at it",
}


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one item, at ``now``."""

    item: QueueItem
    peer: PeerState
    settings: Settings
    now: datetime

    @property
    def next_try_at(self) -> datetime | None:
        """When something is tried; None for what is held or being sent."""
        if self.item.state is not QueueState.WAITING:
            return None
        return max(self.item.next_try_at, self.peer.rests_until or self.item.next_try_at)

    @property
    def give_up_at(self) -> datetime:
        """When its sender is told that it could not be delivered."""
        return self.item.queued_at + timedelta(seconds=self.settings.queue.give_up_seconds)

    @property
    def why(self) -> str:
        """Why it is still here, in a sentence."""
        item, peer = self.item, self.peer
        answer = str(item.last_reply) if item.last_reply else item.last_error or "no answer"
        if item.is_damaged:
            return f"held, for what the store holds of it cannot be read: {item.last_error}"
        if item.state is QueueState.HELD:
            by = f"held: {RULES['poison']}" if item.crashes else "held by an administrator"
            return f"{by}; mssmail queue release lets it go on"
        if item.state is QueueState.SENDING:
            return "being sent now"
        if peer.rests_until is not None and peer.rests_until > self.now:
            return f"{peer.lane} rests after {peer.failures} failures in a row: {peer.reason}"
        if item.attempts == 0:
            return "not tried yet"
        return f"the last of {item.attempts} attempts ended in: {answer}"

    def list_facts(self) -> Iterator[tuple[str, object]]:
        """Everything an administrator may want to know, by name."""
        item, peer, last = self.item, self.peer, self.item.last_facts
        yield "id", item.id
        yield "trace_id", item.trace_id
        yield "state", item.state.value
        yield "sender", str(item.reverse_path) if item.reverse_path else "<>"
        yield "recipient", str(item.recipient)
        yield "lane", item.lane
        yield "attempts", item.attempts
        yield "queued_at", _encode(item.queued_at)
        yield "waiting_seconds", int((self.now - item.queued_at).total_seconds())
        yield "why", self.why
        yield "next_try_at", _encode(self.next_try_at)
        yield "give_up_at", _encode(self.give_up_at)
        yield "delays_told", item.delays_told
        yield "last_answer", str(item.last_reply) if item.last_reply else item.last_error
        rule = str(last.get("rule", ""))
        yield "rule", rule
        yield "rule_says", RULES.get(rule, "")
        for name in ("server", "peer", "fingerprint", "tls", "cipher"):
            yield f"last_{name}", last.get(name, "")
        yield "crashes", item.crashes
        yield "peer_failures", peer.failures
        yield "peer_failed_since", _encode(peer.failed_since)
        yield "peer_rests_until", _encode(peer.rests_until)
        yield "peer_reason", peer.reason
        yield "tls_floor", peer.tls_floor

    def describe_route(self, trust: KnownTrust) -> str:
        """Where it would go now."""
        here, routes = describe_here(self.settings), self.settings.route
        via = read_via(self.item.lane)
        route = judge_route(self.item.recipient, here, routes, trust.white_list, trust.freshness, via)
        match route:
            case Local():
                return "into a box of this server"
            case Nowhere(rule, reply):
                return f"nowhere ({rule}): {reply}"
            case NextHop(domain, servers, min_tls):
                way = ", then ".join(map(str, servers)) if servers else f"where the MX of {domain} points"
                return f"{way}{' (redirected)' if via else ''}, {max(min_tls.value, self.peer.tls_floor)} or newer"
            case _:
                assert_never(route)


def _encode(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
