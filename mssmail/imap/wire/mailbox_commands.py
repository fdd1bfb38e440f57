"""Commands about whole mailboxes, but for LIST and APPEND."""

import re

from mssmail.core.mailbox import UIDValidity
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Create, Delete, GetQuota, GetQuotaRoot, Known, Rename, Select, Status, Subscribe
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.names import parse_mailbox
from mssmail.imap.wire.number_sets import parse_known_uids, parse_modseq

# status-att of RFC 3501 §9, with DELETED and SIZE of RFC 9051 §9, HIGHESTMODSEQ of RFC 7162 §7, MAILBOXID of
# RFC 8474 §4.3, DELETED-STORAGE of RFC 9208 §4.1.4, APPENDLIMIT of RFC 7889 §3.1
STATUS_ITEMS = (
    *("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "SIZE", "HIGHESTMODSEQ"),
    *("MAILBOXID", "DELETED-STORAGE", "APPENDLIMIT"),
)

_USE = re.compile(rb"USE ", re.IGNORECASE)


# select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]; RFC 4466 §6
def parse_select(cursor: Cursor) -> Select:
    """SELECT."""
    return _parse_entry(cursor, read_only=False)


# examine = "EXAMINE" SP mailbox [SP "(" select-param *(SP select-param) ")"]
def parse_examine(cursor: Cursor) -> Select:
    """EXAMINE."""
    return _parse_entry(cursor, read_only=True)


def _parse_entry(cursor: Cursor, *, read_only: bool) -> Select:
    mailbox = parse_mailbox(cursor)
    if not cursor.try_text(b" "):
        return Select(mailbox, read_only)
    parameters = cursor.expect_list(lambda: _parse_parameter(cursor))
    known = [parameter for parameter in parameters if parameter is not None]
    if len(known) > 1 or parameters.count(None) > 1:
        raise BadSyntax("a parameter stands there twice")
    return Select(mailbox, read_only, None in parameters, known[0] if known else None)


# select-param = "CONDSTORE" / "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids]
#                [SP seq-match-data] ")"; RFC 7162 §7
# seq-match-data = "(" known-sequence-set SP known-uid-set ")"
def _parse_parameter(cursor: Cursor) -> Known | None:
    """What the client knows; None for CONDSTORE. We remember what vanished, so seq-match-data is not needed."""
    name = cursor.expect_keyword("a parameter")
    if name == "CONDSTORE":
        return None
    if name != "QRESYNC":
        raise BadSyntax("there is no such parameter")
    cursor.expect_space()
    cursor.expect_text(b"(")
    validity = UIDValidity(cursor.expect_nz_number())
    cursor.expect_space()
    modseq = parse_modseq(cursor)
    uids = None
    has_more = cursor.try_text(b" ")
    if has_more and not cursor.is_at(b"("):
        uids = parse_known_uids(cursor)
        has_more = cursor.try_text(b" ")
    if has_more:
        cursor.expect_text(b"(")
        parse_known_uids(cursor)
        cursor.expect_space()
        parse_known_uids(cursor)
        cursor.expect_text(b")")
    cursor.expect_text(b")")
    return Known(validity, modseq, uids)


# create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]; RFC 6154 §6
def parse_create(cursor: Cursor) -> Create:
    """CREATE. How many special uses a mailbox may have is for the session to say."""
    mailbox = parse_mailbox(cursor)
    if not cursor.try_text(b" "):
        return Create(mailbox)
    cursor.expect_text(b"(")
    cursor.expect_match(_USE, "USE")
    uses = () if cursor.try_text(b"()") else cursor.expect_list(lambda: _parse_use(cursor))
    cursor.expect_text(b")")
    return Create(mailbox, " ".join(uses))


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


# getquota = "GETQUOTA" SP quota-root-name; RFC 9208 §7
def parse_get_quota(cursor: Cursor) -> GetQuota:
    """GETQUOTA."""
    return GetQuota(cursor.expect_text_astring("a quota root"))


# getquotaroot = "GETQUOTAROOT" SP mailbox
def parse_get_quota_root(cursor: Cursor) -> GetQuotaRoot:
    """GETQUOTAROOT."""
    return GetQuotaRoot(parse_mailbox(cursor))


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
