"""Meeting a peer's server: connected, judged, and, when its status was not known, judged again once it is."""

from collections.abc import Callable

from mssmail.core.decision import Decision, Refuse
from mssmail.core.envelope import Peer
from mssmail.delivery.transport import Manners, Session, open_session
from mssmail.flows.handover import Door, Opener
from mssmail.flows.intake import FETCH_SECONDS, TrustSource

Judge = Callable[[Peer], Decision]


def build_opener(trust: TrustSource, judge: Judge, find_manners: Callable[[], Manners]) -> Opener:
    """Opens sessions with servers that ``judge`` accepts, or answers why it does not.

    What is not known of a certificate is asked for, once. ``find_manners`` may raise BadCertificate, of our own.
    """

    async def open_door(door: Door) -> Session | Refuse:
        met: list[Peer] = []

        def judge_met(peer: Peer) -> Decision:
            met.append(peer)
            return judge(peer)

        version = trust.version
        opened = await open_session(door.endpoint, (door.address,), judge_met, find_manners())
        if isinstance(opened, Session) or not met or not met[-1].missing:
            return opened
        is_renewed = await trust.fetch_missing(met[-1].missing, FETCH_SECONDS)
        if is_renewed or trust.version != version:
            return await open_session(door.endpoint, (door.address,), judge, find_manners())
        return opened

    return open_door
