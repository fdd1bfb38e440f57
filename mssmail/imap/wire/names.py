"""Mailbox names on the wire: Unicode inside, modified UTF-7 outside, UTF-8 once it is enabled."""

import re

from mssmail.errors import BadSyntax
from mssmail.imap.wire import octets
from mssmail.imap.wire.cursor import Cursor, decode_text
from mssmail.imap.wire.utf7 import decode_utf7

INBOX = "INBOX"
# RFC 9051 §5.1: no control characters, no line or paragraph separator.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


# mailbox = "INBOX" / astring; INBOX in any case
def parse_mailbox(cursor: Cursor) -> str:
    """A mailbox name. Names of 8-bit octets are refused (RFC 3501 §5.1) unless UTF-8 is enabled."""
    name = _decode_name(cursor, cursor.expect_astring("a mailbox name"))
    if not name:
        raise BadSyntax("a mailbox has a name")
    return INBOX if name.upper() == INBOX else name


def parse_reference(cursor: Cursor) -> str:
    """LIST's reference name, which may be empty."""
    return _decode_name(cursor, cursor.expect_astring("a reference name"))


# list-mailbox = 1*list-char / string
def parse_list_mailbox(cursor: Cursor) -> str:
    """A mailbox name with wildcards."""
    atom = cursor.try_match(octets.LIST_ATOM)
    return _decode_name(cursor, atom[0] if atom is not None else cursor.expect_string("a mailbox pattern"))


def _decode_name(cursor: Cursor, raw: bytes) -> str:
    name = decode_text(raw) if cursor.utf8 else decode_utf7(raw)
    if _FORBIDDEN.search(name):
        raise BadSyntax("a name holds a control character")
    return name
