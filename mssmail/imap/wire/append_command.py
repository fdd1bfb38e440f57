"""APPEND, for one message or several (RFC 9051 §6.3.12, RFC 3502), and REPLACE, for one (RFC 8508)."""

import re

from mssmail.core.mailbox import STAR
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Append, AppendMessage, Replace
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.dates import parse_date_time
from mssmail.imap.wire.flags import parse_flag_list
from mssmail.imap.wire.names import parse_mailbox

_UTF8 = re.compile(rb"UTF8 \(", re.IGNORECASE)


# append = "APPEND" SP mailbox 1*append-message
def parse_append(cursor: Cursor) -> Append:
    """APPEND; whether several messages are welcome is for the session to say."""
    mailbox = parse_mailbox(cursor)
    cursor.expect_space()
    messages = [_parse_message(cursor)]
    while cursor.try_text(b" "):
        messages.append(_parse_message(cursor))
    return Append(mailbox, tuple(messages))


# replace = ["UID" SP] "REPLACE" SP seq-number SP mailbox append-message; RFC 8508 §5
def parse_seq_replace(cursor: Cursor) -> Replace:
    """REPLACE."""
    return _parse_replace(cursor, uid=False)


def parse_uid_replace(cursor: Cursor) -> Replace:
    """UID REPLACE."""
    return _parse_replace(cursor, uid=True)


def _parse_replace(cursor: Cursor, *, uid: bool) -> Replace:
    number = STAR if cursor.try_text(b"*") else cursor.expect_nz_number()
    cursor.expect_space()
    mailbox = parse_mailbox(cursor)
    cursor.expect_space()
    return Replace(number, uid, mailbox, _parse_message(cursor))


# append-message = append-opts SP append-data
# append-opts = [SP flag-list] [SP date-time]
def _parse_message(cursor: Cursor) -> AppendMessage:
    flags: frozenset[str] = frozenset()
    if cursor.is_at(b"("):
        flags = parse_flag_list(cursor)
        cursor.expect_space()
    moment = None
    if cursor.is_at(b'"'):
        moment = parse_date_time(cursor)
        cursor.expect_space()
    return AppendMessage(flags, moment, _parse_data(cursor))


# append-data = literal / literal8
# append-data =/ "UTF8" SP "(" literal8 ")"; RFC 6855 §4
def _parse_data(cursor: Cursor) -> bytes:
    if cursor.utf8 and cursor.try_match(_UTF8):
        data = _parse_literal(cursor)
        cursor.expect_text(b")")
        return data
    return _parse_literal(cursor)


def _parse_literal(cursor: Cursor) -> bytes:
    literal = cursor.try_literal()
    if literal is None:
        raise BadSyntax("expected the message as a literal")
    if not literal.binary and b"\0" in literal.data:
        raise BadSyntax("a NUL in the message")  # CHAR8 = %x01-ff
    return literal.data
