"""NOTIFY as a client writes it (RFC 5465 §8), and what it wants to be fetched."""

from collections.abc import Sequence

from mssmail.imap.wire.fetch_responses import BRACKETED, encode_section
from mssmail.imap.wire.fetch_values import FetchItem, Item
from mssmail.imap.wire.notify_values import EventGroup, Happening, Notify
from mssmail.imap.wire.writer import encode_client_mailbox


def encode_notify(body: Notify, *, utf8: bool) -> bytes:
    """The command without its tag; events in the order of their names."""
    if not body.groups:
        return b"NOTIFY NONE"
    groups = b" ".join(_encode_group(group, utf8=utf8) for group in body.groups)
    return (b"NOTIFY SET STATUS " if body.status else b"NOTIFY SET ") + groups


def _encode_group(group: EventGroup, *, utf8: bool) -> bytes:
    words = [group.scope.value.encode("ascii")]
    names = b" ".join(encode_client_mailbox(name, utf8=utf8) for name in group.mailboxes)
    if names:
        words.append(b"(" + names + b")" if len(group.mailboxes) > 1 else names)
    events = [_encode_event(event, group.items) for event in sorted(group.events, key=lambda event: event.value)]
    events += [name.encode("ascii") for name in group.unknown]
    words.append(b"(" + b" ".join(events) + b")" if events else b"NONE")
    return b"(" + b" ".join(words) + b")"


def _encode_event(event: Happening, items: Sequence[Item]) -> bytes:
    name = event.value.encode("ascii")
    return name + encode_fetch_items(items) if event is Happening.MESSAGE_NEW else name


def encode_fetch_items(items: Sequence[Item]) -> bytes:
    """`` (UID FLAGS)`` with its blank in front; nothing for none."""
    return b" (" + b" ".join(map(encode_fetch_item, items)) + b")" if items else b""


def encode_fetch_item(item: Item) -> bytes:
    """``BODY.PEEK[TEXT]<0.9>``, as it is asked for."""
    if isinstance(item, FetchItem):
        return item.name.encode("ascii") + (b" (LAZY)" if item.is_lazy else b"")
    if item.label not in BRACKETED:
        return item.label.encode("ascii")
    origin = b"" if item.partial is None else b"<%d.%d>" % item.partial
    peek = b".PEEK" if item.peek and item.label != "BINARY.SIZE" else b""
    return item.label.encode("ascii") + peek + encode_section(item.section) + origin
