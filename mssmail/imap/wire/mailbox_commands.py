"""Commands about whole mailboxes, but for LIST and APPEND."""

import re

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Create, Delete, Rename, Select, Status, Subscribe
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.names import parse_mailbox

# status-att of RFC 3501 §9, with DELETED and SIZE of RFC 9051 §9
STATUS_ITEMS = ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "SIZE")

_USE = re.compile(rb"USE ", re.IGNORECASE)


# select = "SELECT" SP mailbox
def parse_select(cursor: Cursor) -> Select:
    """SELECT."""
    return Select(parse_mailbox(cursor))


# examine = "EXAMINE" SP mailbox
def parse_examine(cursor: Cursor) -> Select:
    """EXAMINE."""
    return Select(parse_mailbox(cursor), read_only=True)


# create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]; RFC 6154 §6
def parse_create(cursor: Cursor) -> Create:
    """CREATE. One special use at most, as we keep no more."""
    mailbox = parse_mailbox(cursor)
    if not cursor.try_text(b" "):
        return Create(mailbox)
    cursor.expect_text(b"(")
    cursor.expect_match(_USE, "USE")
    uses = () if cursor.try_text(b"()") else cursor.expect_list(lambda: _parse_use(cursor))
    cursor.expect_text(b")")
    if len(uses) > 1:
        raise BadSyntax("a mailbox has one special use")
    return Create(mailbox, "".join(uses))


# use-attr = "\All" / "\Archive" / "\Drafts" / "\Flagged" / "\Junk" / "\Sent" / "\Trash" / use-attr-ext
def _parse_use(cursor: Cursor) -> str:
    cursor.expect_text(b"\\")
    return "\\" + cursor.expect_atom("a special use").capitalize()


# delete = "DELETE" SP mailbox; INBOX is refused by the session, not by the grammar
def parse_delete(cursor: Cursor) -> Delete:
    """DELETE."""
    return Delete(parse_mailbox(cursor))


# rename = "RENAME" SP mailbox SP mailbox
def parse_rename(cursor: Cursor) -> Rename:
    """RENAME."""
    old = parse_mailbox(cursor)
    cursor.expect_space()
    return Rename(old, parse_mailbox(cursor))


# subscribe = "SUBSCRIBE" SP mailbox
def parse_subscribe(cursor: Cursor) -> Subscribe:
    """SUBSCRIBE."""
    return Subscribe(parse_mailbox(cursor))


# unsubscribe = "UNSUBSCRIBE" SP mailbox
def parse_unsubscribe(cursor: Cursor) -> Subscribe:
    """UNSUBSCRIBE."""
    return Subscribe(parse_mailbox(cursor), subscribed=False)


# status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
def parse_status(cursor: Cursor) -> Status:
    """STATUS."""
    mailbox = parse_mailbox(cursor)
    cursor.expect_space()
    return Status(mailbox, parse_status_items(cursor))


def parse_status_items(cursor: Cursor) -> tuple[str, ...]:
    """The counts asked for, each once."""
    return tuple(dict.fromkeys(cursor.expect_list(lambda: _parse_status_item(cursor))))


def _parse_status_item(cursor: Cursor) -> str:
    item = cursor.expect_keyword("a status item")
    if item not in STATUS_ITEMS:
        raise BadSyntax("there is no such status item")
    return item
