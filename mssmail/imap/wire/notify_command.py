"""NOTIFY (RFC 5465 §8, with its errata): what goes together is grammar here, what we can tell is the verb's to say."""

import re
from typing import NamedTuple

from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.fetch_items import parse_fetch_list
from mssmail.imap.wire.fetch_values import Item
from mssmail.imap.wire.names import parse_mailbox
from mssmail.imap.wire.notify_values import NAMING, OF_MESSAGES, OF_SELECTED, EventGroup, Happening, Notify, Scope

_STATUS = re.compile(rb"STATUS ", re.IGNORECASE)
_NONE = re.compile(rb"NONE(?=\))", re.IGNORECASE)

_SCOPES = {scope.value: scope for scope in Scope}
_EVENTS = {event.value.upper(): event for event in Happening}
_ALWAYS_TOGETHER = frozenset({Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE})


class _Event(NamedTuple):
    name: str
    items: tuple[Item, ...]

    @property
    def known(self) -> Happening | None:
        return _EVENTS.get(self.name.upper())


# notify = "NOTIFY" SP (notify-set / notify-none)
# notify-set = "SET" [SP "STATUS"] SP event-groups
# event-groups = event-group *(SP event-group)
def parse_notify(cursor: Cursor) -> Notify:
    """NOTIFY."""
    word = cursor.expect_keyword("SET or NONE")
    if word == "NONE":
        return Notify()
    if word != "SET":
        raise BadSyntax("expected SET or NONE")
    cursor.expect_space()
    has_status = cursor.try_match(_STATUS) is not None
    groups = [_parse_group(cursor)]
    while cursor.try_text(b" "):
        groups.append(_parse_group(cursor))
    if sum(group.scope in OF_SELECTED for group in groups) > 1:  # RFC 5465 §6.1
        raise BadSyntax("the selected mailbox stands there twice")
    return Notify(tuple(groups), has_status)


# event-group = "(" filter-mailboxes SP events ")"
# events = ("(" event *(SP event) ")") / "NONE"
def _parse_group(cursor: Cursor) -> EventGroup:
    cursor.expect_text(b"(")
    scope = _SCOPES.get(cursor.expect_keyword("some mailboxes"))
    if scope is None:
        raise BadSyntax("there are no such mailboxes")
    cursor.expect_space()
    names: tuple[str, ...] = ()
    if scope in NAMING:
        names = _parse_names(cursor)
        cursor.expect_space()
    found = () if cursor.try_match(_NONE) else cursor.expect_list(lambda: _parse_event(cursor))
    cursor.expect_text(b")")
    return _build_group(scope, names, found)


# one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
def _parse_names(cursor: Cursor) -> tuple[str, ...]:
    if cursor.is_at(b"("):
        return tuple(dict.fromkeys(cursor.expect_list(lambda: parse_mailbox(cursor))))
    return (parse_mailbox(cursor),)


# event = message-event / mailbox-event / user-event / event-ext
# message-event = ("MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"]) / "MessageExpunge" / "FlagChange" / …
def _parse_event(cursor: Cursor) -> _Event:
    name = cursor.expect_atom("an event")
    if _EVENTS.get(name.upper()) is not Happening.MESSAGE_NEW or not cursor.is_at(b" ("):
        return _Event(name, ())
    cursor.expect_space()
    return _Event(name, parse_fetch_list(cursor))


def _build_group(scope: Scope, names: tuple[str, ...], found: tuple[_Event, ...]) -> EventGroup:
    """The group, when its events go together (RFC 5465 §5, §6.1, §8)."""
    events = frozenset(event.known for event in found if event.known is not None)
    items = tuple(dict.fromkeys(item for event in found for item in event.items))
    unknown = tuple(event.name for event in found if event.known is None)
    if events & OF_MESSAGES and not events >= _ALWAYS_TOGETHER:
        raise BadSyntax("MessageNew and MessageExpunge go together, and with every other event of messages")
    if scope in OF_SELECTED and events - OF_MESSAGES:
        raise BadSyntax("of the selected mailbox there are events of messages only")
    if items and scope not in OF_SELECTED:
        raise BadSyntax("what to fetch goes with the selected mailbox")
    return EventGroup(scope, events, names, items, unknown)
