"""What a client asked to hear of by NOTIFY: which events, of a mailbox by its name (RFC 5465 §6).

Several groups may cover a mailbox: all their events count, unless one of them says NONE: that one means none of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mssmail.core.mailbox import OTHER_USERS, list_parents
from mssmail.imap.patterns import DELIMITER, INBOX, compose_name
from mssmail.imap.wire.fetch_values import Item
from mssmail.imap.wire.notify_values import OF_MESSAGES, OF_SELECTED, EventGroup, Happening, Scope

NOTHING: frozenset[Happening] = frozenset()


class Overflow(Exception):
    """More is asked than we can tell."""


@dataclass(slots=True)
class _Asked:
    """Of some mailboxes: these events, or none whatever else is asked."""

    events: set[Happening] = field(default_factory=set)
    is_none: bool = False

    def add(self, group: EventGroup) -> None:
        self.events |= group.events
        self.is_none = self.is_none or not group.events


class Interests:
    """One NOTIFY SET; without groups NOTIFY NONE."""

    def __init__(self, groups: Iterable[EventGroup]) -> None:
        listed = list(groups)
        chosen = [group for group in listed if group.scope in OF_SELECTED]
        self.of_selected = chosen[0].events if chosen else NOTHING
        self.items: tuple[Item, ...] = chosen[0].items if chosen else ()
        self.is_delayed = bool(chosen) and chosen[0].scope is Scope.SELECTED_DELAYED
        self._by_scope: dict[Scope, _Asked] = {}
        self._by_name: dict[str, _Asked] = {}
        self._by_root: dict[str, _Asked] = {}
        for group in listed:
            if group.scope not in OF_SELECTED:
                self._add(group)
        others = [group.events for group in listed if group.scope not in OF_SELECTED]
        self._wanted = frozenset(event for events in others for event in events)

    def wants(self, events: frozenset[Happening]) -> bool:
        """One of these is wanted of some mailbox, be it or not."""
        return not self._wanted.isdisjoint(events)

    @property
    def is_wide(self) -> bool:
        """More is asked than the selected mailbox."""
        return bool(self._wanted)

    def find_events(self, name: str, *, is_subscribed: bool) -> frozenset[Happening]:
        """What to tell of a mailbox of this name, while it is not selected."""
        asked = list(self._find_asked(name, is_subscribed=is_subscribed))
        if any(each.is_none for each in asked):
            return NOTHING
        return frozenset(event for each in asked for event in each.events)

    def find_message_events(self, name: str, *, is_subscribed: bool) -> frozenset[Happening]:
        """Of them those of messages."""
        return self.find_events(name, is_subscribed=is_subscribed) & OF_MESSAGES

    def _add(self, group: EventGroup) -> None:
        match group.scope:
            case Scope.MAILBOXES:
                asked = [self._by_name.setdefault(normalise_name(name), _Asked()) for name in group.mailboxes]
            case Scope.SUBTREE:
                asked = [self._by_root.setdefault(normalise_name(name), _Asked()) for name in group.mailboxes]
            case _:
                asked = [self._by_scope.setdefault(group.scope, _Asked())]
        for each in asked:
            each.add(group)

    def _find_asked(self, name: str, *, is_subscribed: bool) -> Iterable[_Asked]:
        scopes = {
            Scope.PERSONAL: name != OTHER_USERS and not name.startswith(OTHER_USERS + DELIMITER),
            Scope.INBOXES: name == INBOX,  # deliveries go nowhere else (RFC 5465 §6.3)
            Scope.SUBSCRIBED: is_subscribed,
        }
        yield from (asked for scope, asked in self._by_scope.items() if scopes[scope])
        if name in self._by_name:
            yield self._by_name[name]
        yield from (self._by_root[root] for root in (*list_parents(name), name) if root in self._by_root)


def normalise_name(name: str) -> str:
    """As mailboxes are named here, however it was written; ``*`` and ``%`` stand for themselves (RFC 5465 §6.6)."""
    return compose_name(name.removesuffix(DELIMITER))
