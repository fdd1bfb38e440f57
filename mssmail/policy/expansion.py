"""Where does mail for one of our addresses end: in which boxes here, and at whom elsewhere?"""

from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from mssmail.core.address import Address
from mssmail.core.report import Action
from mssmail.core.station import MAX_ENDS, Station


@dataclass(frozen=True, slots=True)
class End:
    """Where a copy ends: a box here, or (``station`` is None) an address elsewhere.

    ``trail`` holds our own addresses that it came by, the last one first, when they are not the end's own.
    """

    address: Address
    station: Station | None
    trail: tuple[Address, ...] = ()


@dataclass(slots=True)
class Expansion:
    """Everything one recipient leads to. ``dead`` are our own addresses that lead nowhere (any more).

    ``overflowed``: there would be more ends than one address may lead to, and some are missing here.
    """

    ends: list[End] = field(default_factory=list)
    dead: list[Address] = field(default_factory=list)
    looped: bool = False
    overflowed: bool = False


def expand(
    recipient: Address,
    find_station: Callable[[Address], Station | None],
    is_own: Callable[[str], bool],
    passed: Container[str] = frozenset(),
) -> Expansion:
    """Follow aliases and forwardings to their ends. Each address is followed once, so that there is no loop here.

    ``passed`` are the keys of addresses by which the message came already (its Delivered-To fields, RFC 9228): there
    it does not go on a second time, or two operators could send it to each other for ever. A box that would send it on
    keeps it then.
    """
    found, seen, boxes = Expansion(), set[str](), list[End]()
    waiting: deque[tuple[Address, tuple[Address, ...]]] = deque([(recipient, ())])
    while waiting:
        address, trail = waiting.popleft()
        if address.key in seen:
            continue
        seen.add(address.key)
        if len(found.ends) >= MAX_ENDS:
            found.overflowed = True
            break
        if not is_own(address.domain):
            found.ends.append(End(address, None, trail))
            continue
        station = find_station(address)
        if station is None:
            found.dead.append(address)
        elif address.key != station.address.key:  # with a detail (RFC 5233)
            waiting.appendleft((station.address, (address, *trail)))
        else:
            waiting.extend(_pass_by(found, boxes, station, trail, passed))
    if not found.ends:  # boxes that send on to each other and keep nothing: the first keeps it, or it were lost
        found.ends += boxes[:1]
    return found


def find_fate(ends: Sequence[End]) -> Action | None:
    """What is told of a recipient who leads to these, once they have it; None: the one server it goes on to tells.

    RFC 3464 §2.3.3: delivered is also what lies in the recipient's own box and goes on from there, and what reached a
    list; what goes on to several is expanded, and of each of them only failures and delays are told.
    """
    if ends and (all(end.station for end in ends) or any(end.station and not end.trail for end in ends)):
        return Action.DELIVERED
    return Action.EXPANDED if len(ends) > 1 else None


def _pass_by(
    found: Expansion, boxes: list[End], station: Station, trail: tuple[Address, ...], passed: Container[str]
) -> list[tuple[Address, tuple[Address, ...]]]:
    """Note the station's own box, when a copy ends there; the addresses where the mail goes on to."""
    is_loop = bool(station.targets) and station.address.key in passed
    found.looped |= is_loop
    goes_on = bool(station.targets) and not is_loop
    if station.list_id is not None:
        found.ends.append(End(station.address, station, trail))
    if station.account_id is not None:
        boxes.append(End(station.address, station, trail))
        found.ends += boxes[-1:] if station.keeps or not goes_on else []
    return [(target, (station.address, *trail)) for target in station.targets] if goes_on else []
