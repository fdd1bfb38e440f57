"""NOTIFY as values (RFC 5465): which events, of which mailboxes."""

from dataclasses import dataclass
from enum import Enum

from mssmail.imap.wire.fetch_values import Item


class Happening(Enum):
    """The events a client may ask to hear of, by their names (RFC 5465 §5)."""

    MESSAGE_NEW = "MessageNew"
    MESSAGE_EXPUNGE = "MessageExpunge"
    FLAG_CHANGE = "FlagChange"
    ANNOTATION_CHANGE = "AnnotationChange"
    MAILBOX_NAME = "MailboxName"
    SUBSCRIPTION_CHANGE = "SubscriptionChange"
    MAILBOX_METADATA_CHANGE = "MailboxMetadataChange"
    SERVER_METADATA_CHANGE = "ServerMetadataChange"


OF_MESSAGES = frozenset(
    {Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE, Happening.FLAG_CHANGE, Happening.ANNOTATION_CHANGE}
)


class Scope(Enum):
    """Which mailboxes are meant (RFC 5465 §6)."""

    SELECTED = "SELECTED"
    SELECTED_DELAYED = "SELECTED-DELAYED"
    INBOXES = "INBOXES"
    PERSONAL = "PERSONAL"
    SUBSCRIBED = "SUBSCRIBED"
    SUBTREE = "SUBTREE"
    MAILBOXES = "MAILBOXES"


OF_SELECTED = frozenset({Scope.SELECTED, Scope.SELECTED_DELAYED})
NAMING = frozenset({Scope.SUBTREE, Scope.MAILBOXES})


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Events of some mailboxes; none at all where NONE was said. ``unknown``: events that no standard names here."""

    scope: Scope
    events: frozenset[Happening] = frozenset()
    mailboxes: tuple[str, ...] = ()  # of SUBTREE and MAILBOXES
    items: tuple[Item, ...] = ()  # of MessageNew: what to tell of each
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """NOTIFY SET; without groups NOTIFY NONE. ``status``: say first how things stand."""

    groups: tuple[EventGroup, ...] = ()
    status: bool = False
