"""Where a message goes from here: into boxes, and on to others by aliases and forwarding. All in one transaction.

A copy that came by addresses which are not the box's own is a taking of its own: it bears their Delivered-To fields,
which nobody else may see, and leaves under a reverse path of ours when its own is a stranger's. The bytes are the same,
and kept once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.envelope import Envelope
from mssmail.core.message import Span
from mssmail.core.parameters import RecipientParameters, encode_original
from mssmail.core.return_path import has_form
from mssmail.core.station import MAX_ENDS, Station
from mssmail.core.trace import build_delivered_to, build_received, insert_trail
from mssmail.errors import BadSyntax, ConfigError, NoSuchAccount, OverQuota, RoutingLoop
from mssmail.flows.list_posting import post_to_list
from mssmail.journal import Entry, Event
from mssmail.mime.headers import select_fields
from mssmail.policy.expansion import End, Expansion, expand, find_fate
from mssmail.settings import Settings
from mssmail.store.accounts import has_room
from mssmail.store.engine import Connection
from mssmail.store.journal import append_entries
from mssmail.store.messages import Delivered, Delivery, Placement, deliver
from mssmail.store.return_paths import Original, create_return_path, find_original, find_token
from mssmail.store.stations import find_station

FindFlags = Callable[[Address], frozenset[str]]


@dataclass(slots=True)
class _Copy:
    """What one trail leads to."""

    recipient: Address
    trail: tuple[Address, ...]
    is_settled: bool  # of the recipient it is told here what became of the message
    boxes: list[End] = field(default_factory=list)
    lists: list[End] = field(default_factory=list)
    others: list[Address] = field(default_factory=list)


class Distributor:
    """Knows our domains; everything else it reads in the transaction it is given."""

    def __init__(self, settings: Settings) -> None:
        self._server_name = settings.server.name
        self._separators = {domain.name: domain.detail_separator for domain in settings.domain}
        # As long as a peer may take to give up, and its report some days to come back.
        self.lifetime = 2 * timedelta(seconds=settings.queue.give_up_seconds) + timedelta(days=2)

    def is_own(self, domain: str) -> bool:
        """It is one of our domains."""
        return domain in self._separators

    def find_station(self, conn: Connection, address: Address) -> Station | None:
        """What an address of ours is. A reverse path of ours leads to the one it stands for."""
        found = find_station(conn, address, self._separators.get(address.domain, ""))
        if found is not None or not has_form(address):
            return found
        token = find_token(conn, address)
        original = None if token is None else find_original(conn, token)
        return None if original is None else Station(address, targets=(original.reverse_path,))

    def expand(
        self, conn: Connection, recipient: Address, passed: "Passed | frozenset[str]" = frozenset()
    ) -> Expansion:
        """Where mail for this address of ours ends."""
        return expand(
            recipient,
            lambda address: self.find_station(conn, address),
            lambda domain: domain == recipient.domain or self.is_own(domain),
            passed,
        )

    def distribute(
        self,
        conn: Connection,
        delivery: Delivery,
        envelope: Envelope,
        recipients: Sequence[Address],
        find_flags: FindFlags,
    ) -> Delivered:
        """Deliver to these addresses of ours, and queue what goes on; ``delivery`` may queue more of its own.

        Of several copies the first one's id stands for all: their bytes are the same. Without any it is 0.

        Raises NoSuchAccount, OverQuota or RoutingLoop when a recipient leads nowhere, ConfigError when it leads to too
        many; then nothing may be kept.
        """
        passed = Passed(b"" if envelope.login else delivery.body.data)
        copies = self._sort_ends(conn, recipients, passed)
        entries = list(delivery.entries)  # written in their order, mostly with one statement
        done: list[Delivered] = []
        for end in [end for copy in copies.values() for end in copy.lists]:
            append_entries(conn, entries)
            entries.clear()
            done += post_to_list(conn, delivery, envelope, end, self._server_name)
        direct = copies.pop((), None)
        size = len(delivery.prefix) + len(delivery.body.data)
        if (direct is not None and direct.boxes) or delivery.queue:
            placements, waiting = self._place(conn, direct.boxes if direct else (), size, find_flags)
            queue = (*delivery.queue, *waiting)
            done.append(deliver(conn, replace(delivery, placements=placements, queue=queue, entries=())))
            entries += _describe_copy(delivery, envelope, direct.boxes if direct else (), delivery.queue, ())
        for copy in copies.values():
            if copy.boxes or copy.others:
                done.append(self._send_copy(conn, delivery, envelope, copy, find_flags, entries))
        append_entries(conn, entries)
        return join_delivered(done) if done else Delivered(0, (), ())

    def _sort_ends(
        self, conn: Connection, recipients: Iterable[Address], passed: "Passed"
    ) -> dict[tuple[str, ...], _Copy]:
        """The ends by their trails; a box or address that several lead to gets one copy, by the shortest trail."""
        ends: list[tuple[End, Address]] = []
        settled: set[Address] = set()
        for recipient in recipients:
            found = self._require_ends(conn, recipient, passed)
            ends += [(end, recipient) for end in found]
            settled |= {recipient} if find_fate(found) is not None else set()
        copies: dict[tuple[str, ...], _Copy] = {}
        reached: set[str] = set()
        for end, recipient in sorted(ends, key=lambda pair: len(pair[0].trail)):
            if end.address.key in reached:
                continue
            reached.add(end.address.key)
            new = _Copy(recipient, end.trail, recipient in settled)
            copy = copies.setdefault(tuple(each.key for each in end.trail), new)
            if end.station is None:
                copy.others.append(end.address)
            elif end.station.list_id is not None:
                copy.lists.append(end)
            else:
                copy.boxes.append(end)
        return copies

    def _require_ends(self, conn: Connection, recipient: Address, passed: "Passed") -> list[End]:
        found = self.expand(conn, recipient, passed)
        if found.overflowed:  # aliases of aliases that have grown: whom it would leave out must not go unheard
            raise ConfigError(f"{recipient} leads to more than {MAX_ENDS} addresses; make a list of them")
        if found.ends:
            return found.ends
        if found.looped:
            raise RoutingLoop("the message came by this address already", recipient=str(recipient))
        raise NoSuchAccount("a recipient takes no mail any more since it was taken", recipient=str(recipient))

    def _place(
        self, conn: Connection, boxes: Sequence[End], size: int, find_flags: FindFlags
    ) -> tuple[tuple[Placement, ...], tuple[Address, ...]]:
        """Places for the boxes with room. What is for a full box behind an alias waits in the queue for room."""
        placements, waiting = [], []
        for end in boxes:
            station = end.station
            if station is None or station.account_id is None:
                continue
            if station.has_quota and not has_room(conn, station.account_id, size):
                if not end.trail:
                    raise OverQuota(recipient=str(end.address))
                waiting.append(end.address)
                continue
            placements.append(Placement(station.account_id, flags=find_flags(end.address)))
        return tuple(placements), tuple(waiting)

    def _send_copy(
        self,
        conn: Connection,
        delivery: Delivery,
        envelope: Envelope,
        copy: _Copy,
        find_flags: FindFlags,
        entries: list[Entry],
    ) -> Delivered:
        """``entries`` gets what is to be written in the journal."""
        trail = build_delivered_to(copy.trail)
        prefix = insert_trail(delivery.prefix, copy.trail)
        placements, waiting = self._place(conn, copy.boxes, len(prefix) + len(delivery.body.data), find_flags)
        parameters = _add_original(envelope.find_parameters(copy.recipient), copy.recipient)
        parameters = parameters.without_success if copy.is_settled else parameters
        leaving = (*copy.others, *waiting)
        sent = replace(
            delivery,
            prefix=prefix,
            relay_prefix=trail + build_received(replace(envelope, recipients=(copy.recipient,)), self._server_name),
            reverse_path=self._find_reverse_path(conn, envelope, copy, len(leaving)),
            placements=placements,
            queue=leaving,
            asked=dict.fromkeys(leaving, parameters),
            entries=(),
        )
        done = deliver(conn, sent)
        reached = [end for end in copy.boxes if end.address not in waiting]
        entries += _describe_copy(sent, envelope, reached, leaving, copy.trail)
        return done

    def _find_reverse_path(self, conn: Connection, envelope: Envelope, copy: _Copy, ends: int) -> ReversePath:
        """The message's own, when it is null or ours: peers take nothing else of us."""
        sender = envelope.reverse_path
        if sender is None or self.is_own(sender.domain) or not copy.others:
            return sender
        asked = _add_original(envelope.find_parameters(copy.recipient), copy.recipient)
        original = Original(sender, copy.recipient, envelope.id, envelope.parameters, asked)
        now = envelope.received_at
        return create_return_path(conn, original, copy.trail[0].domain, ends, now, now + self.lifetime)


def _describe_copy(
    delivery: Delivery,
    envelope: Envelope,
    boxes: Iterable[End],
    others: Iterable[Address],
    trail: tuple[Address, ...],
) -> list[Entry]:
    via: dict[str, object] = {"via": [str(each) for each in trail]} if trail else {}
    leaves: dict[str, object] = {"reverse_path": f"<{delivery.reverse_path or ''}>", **via} if trail else {}
    at, id = envelope.received_at, envelope.id
    entries = [Entry(at, Event.DELIVERED, id, {"account": str(end.address), **via}) for end in boxes]
    return entries + [Entry(at, Event.QUEUED, id, {"recipient": str(each), **leaves}) for each in others]


def join_delivered(done: Sequence[Delivered]) -> Delivered:
    """Several as one; the first one's message stands for all."""
    placed = tuple(each for delivered in done for each in delivered.placed)
    queue_ids = tuple(each for delivered in done for each in delivered.queue_ids)
    return Delivered(done[0].message_id, placed, queue_ids, any(delivered.is_posted for delivered in done))


class Passed:
    """The addresses of a message's Delivered-To fields, read when somebody asks: most messages go nowhere from here."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __contains__(self, key: object) -> bool:
        """The message came by this address."""
        return key in self._keys

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(_read_delivered_to(self._data))


def _read_delivered_to(data: bytes) -> Iterable[str]:
    end = data.find(b"\r\n\r\n")
    header = data if end < 0 else data[: end + 2]
    for found in select_fields(header, Span(0, len(header)), "delivered-to"):
        text = found.value.cut(header).decode("ascii", "replace").strip()
        try:
            yield parse_address(text.removeprefix("<").removesuffix(">")).key
        except BadSyntax:
            continue


def _add_original(parameters: RecipientParameters, recipient: Address) -> RecipientParameters:
    """With ORCPT, so that whatever is reported names the address its author wrote to (RFC 3461 §5.2.7.2)."""
    if parameters.orcpt:
        return parameters
    return replace(parameters, orcpt=encode_original(str(recipient)))
