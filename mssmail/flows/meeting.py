"""Meeting a peer's server: connected, judged, and, when its status was not known, judged again once it is."""

from collections.abc import Callable

from mssmail.core.decision import Decision, Refuse
from mssmail.core.envelope import Peer
from mssmail.delivery.transport import Manners, Session, open_session
from mssmail.errors import PeerFault
from mssmail.flows.handover import Door, Opener
from mssmail.flows.intake import FETCH_SECONDS, TrustSource

Judge = Callable[[Peer], Decision]


Note = Callable[[Door, PeerFault], str]
"""Writes a failed handshake down; the id to explain it by."""


def build_opener(trust: TrustSource, judge: Judge, find_manners: Callable[[], Manners], note: Note) -> Opener:
    """Opens sessions with servers that ``judge`` accepts, or answers why it does not.

    What is not known of a certificate is asked for, once. ``find_manners`` may raise BadCertificate, of our own. A
    handshake that fails is written down by ``note``; the fault then ends in its id.
    """

    async def meet(door: Door, judge_met: Judge) -> Session | Refuse:
        manners = find_manners()
        try:
            return await open_session(door.endpoint, (door.address,), judge_met, manners)
        except PeerFault as fault:
            if "handshake" not in fault.facts:
                raise
            raise PeerFault(f"{fault} ({note(door, fault)})", **fault.facts) from fault

    async def open_door(door: Door) -> Session | Refuse:
        met: list[Peer] = []

        def judge_met(peer: Peer) -> Decision:
            met.append(peer)
            return judge(peer)

        version = trust.version
        opened = await meet(door, judge_met)
        if isinstance(opened, Session) or not met or not met[-1].missing:
            return opened
        is_renewed = await trust.fetch_missing(met[-1].missing, FETCH_SECONDS)
        if is_renewed or trust.version != version:
            return await meet(door, judge)
        return opened

    return open_door
