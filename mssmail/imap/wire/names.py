"""Mailbox names on the wire: Unicode inside, modified UTF-7 outside, UTF-8 once it is enabled.

The grammar takes any string for a name. What names nothing (the empty name, controls, octets that are not modified
UTF-7) is no fault of syntax: nothing is found under it, and nothing can be made of it (RFC 9051 §6.3.4: NO, not BAD).
"""

from mssmail.errors import BadSyntax
from mssmail.imap.wire import octets
from mssmail.imap.wire.cursor import Cursor, decode_text
from mssmail.imap.wire.utf7 import decode_utf7

INBOX = "INBOX"
NOWHERE = "\0"  # stands for what is not spelt as a name is: no mailbox is called so, and none can be
NAMELESS = frozenset({"", NOWHERE})
MAX_NAME = 8_192  # octets: what is kept has a thousand characters, and each level of a name is looked up


# mailbox = "INBOX" / astring; INBOX in any case
def parse_mailbox(cursor: Cursor) -> str:
    """A mailbox name, which may be one that no mailbox can have."""
    name = _decode_name(cursor, cursor.expect_astring("a mailbox name"))
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
    """What is not UTF-8 where that is enabled is BadSyntax (RFC 6855 §3)."""
    if len(raw) > MAX_NAME:
        return NOWHERE
    if cursor.utf8:
        return decode_text(raw)
    try:
        return decode_utf7(raw)
    except BadSyntax:
        return NOWHERE
