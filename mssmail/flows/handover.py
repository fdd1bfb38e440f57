"""Handing messages to one lane's servers: sessions with them in order of preference, opened when needed, used again.

A server that answers 4xx is not the last word where there is another one (RFC 5321 §5.1): the recipients it put off are
offered to the next. What broke in the middle is not: the first may have it already.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mssmail.core.decision import Refuse
from mssmail.core.queue import QueueItem
from mssmail.core.reply import Reply
from mssmail.delivery.events import Transaction
from mssmail.delivery.outcome import Deferred, Failed, Outcome
from mssmail.delivery.resolve import Target
from mssmail.delivery.transport import Session
from mssmail.errors import BadCertificate, PeerFault
from mssmail.flows.lane import Lane
from mssmail.flows.settlement import Attempt
from mssmail.settings import Endpoint
from mssmail.store.messages import KeptMessage

_log = logging.getLogger(__name__)

_MAX_BREAKS = 3  # sessions in a row that ended in the middle of a message: then the server is left alone
_MAX_SPOKEN = 2  # servers one message is offered to in one attempt


@dataclass(frozen=True, slots=True)
class Door:
    """One address of one server."""

    endpoint: Endpoint
    address: str


@dataclass
class _Place:
    """A door, the session behind it, and how it went so far."""

    door: Door
    session: Session | None = None
    outcome: Outcome | None = None  # why it is no use (any more)


Opener = Callable[[Door], Awaitable[Session | Refuse]]


class Handover:
    """One session's worth of work for a lane. Close it in any case."""

    def __init__(self, lane: Lane, doors: Sequence[Door], open_door: Opener) -> None:
        self._lane = lane
        self._places = [_Place(door) for door in doors]
        self._open_door = open_door

    async def offer(self, message: KeptMessage, items: Sequence[QueueItem]) -> list[Attempt] | Outcome:
        """How it ended for each of the recipients, or why no server could be spoken to."""
        done: dict[int, Attempt] = {}
        left, spoken = list(items), 0
        for place in self._places:
            session = await self._reach(place)
            if session is None:
                continue
            spoken += 1
            outcomes = await _send(session, message, left)
            done |= {item.id: Attempt(item, each, session.peer) for item, each in zip(left, outcomes, strict=True)}
            self._note(place, session)
            left = [item for item, each in zip(left, outcomes, strict=True) if _may_go_elsewhere(each, session)]
            if not left or spoken == _MAX_SPOKEN:
                break
        if not spoken:
            return self._explain()
        return [done[item.id] for item in items]

    async def close(self) -> None:
        """Say good-bye to every server that was spoken to."""
        for place in self._places:
            if place.session is not None:
                await place.session.close()
                place.session = None

    async def _reach(self, place: _Place) -> Session | None:
        """An open session behind this door; None when there is none to be had, now and for the rest of this work."""
        if place.session is not None and not place.session.is_open:
            await place.session.close()
            place.session = None
        if place.session is None and place.outcome is None:
            try:
                opened = await self._open_door(place.door)
            except (PeerFault, BadCertificate) as fault:
                reply = fault.facts.get("reply")
                place.outcome = Deferred(f"{place.door.endpoint}: {fault}", reply if isinstance(reply, Reply) else None)
            else:
                if isinstance(opened, Session):
                    place.session = opened
                else:
                    place.outcome = Failed(opened.reply) if opened.reply.is_permanent else _defer(opened)
            if place.outcome is not None:
                _log.info("no delivery to %s by %s: %s", self._lane.name, place.door.endpoint, place.outcome)
        return place.session

    def _note(self, place: _Place, session: Session) -> None:
        if session.is_broken:
            self._lane.breaks += 1
            if self._lane.breaks >= _MAX_BREAKS:
                place.outcome = Deferred("the peer broke off several times")
            return
        self._lane.note_success("" if session.peer.tls is None else session.peer.tls.version)

    def _explain(self) -> Outcome:
        """Why there is no session: the most preferred server's word, unless another's is final."""
        outcomes = [place.outcome for place in self._places if place.outcome is not None]
        final = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        return (final or outcomes or [Deferred("no server")])[0]


def list_doors(targets: Sequence[Target]) -> list[Door]:
    """Every address of every server, in the order to try them."""
    return [Door(target.endpoint, address) for target in targets for address in target.addresses]


async def _send(session: Session, message: KeptMessage, items: Sequence[QueueItem]) -> list[Outcome]:
    """The outcomes, in order; in several transactions when it takes fewer recipients at once (RFC 9422 §4.2)."""
    limit = session.capabilities.max_recipients or len(items)
    outcomes: list[Outcome] = []
    for start in range(0, len(items), limit):
        outcomes += await session.send(_build_transaction(message, items[start : start + limit]))
    return outcomes


def _build_transaction(message: KeptMessage, items: Sequence[QueueItem]) -> Transaction:
    return Transaction(
        message.reverse_path,
        tuple(item.recipient for item in items),
        message.relay_prefix + message.data,
        message.parameters,
        {item.recipient: item.parameters for item in items},
    )


def _may_go_elsewhere(outcome: Outcome, session: Session) -> bool:
    return isinstance(outcome, Deferred) and outcome.reply is not None and not session.is_broken


def _defer(refusal: Refuse) -> Deferred:
    return Deferred(f"{refusal.rule}: {refusal.reply.text}", refusal.reply)
