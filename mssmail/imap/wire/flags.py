r"""Flags: system flags in their usual spelling, keywords as written (RFC 9051 §2.3.2).

``\Recent`` is the server's alone, and we know no system flag besides the five: both are refused.
"""

from mssmail.core.mailbox import SYSTEM_FLAGS
from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import Cursor

_SYSTEM_FLAGS = {flag.upper(): flag for flag in SYSTEM_FLAGS}


# flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword / flag-extension
def parse_flag(cursor: Cursor) -> str:
    """One flag a client may set."""
    if not cursor.try_text(b"\\"):
        return cursor.expect_atom("a flag")
    name = cursor.expect_keyword("a flag")
    try:
        return _SYSTEM_FLAGS["\\" + name]
    except KeyError:
        raise BadSyntax("no such system flag, or not one that clients set") from None


# flag-list = "(" [flag *(SP flag)] ")"
def parse_flag_list(cursor: Cursor) -> frozenset[str]:
    """Flags in parentheses, perhaps none."""
    if cursor.try_text(b"()"):
        return frozenset()
    return frozenset(cursor.expect_list(lambda: parse_flag(cursor)))


def parse_flags(cursor: Cursor) -> frozenset[str]:
    """Flags with or without parentheses, as STORE takes them."""
    if cursor.is_at(b"("):
        return parse_flag_list(cursor)
    flags = {parse_flag(cursor)}
    while cursor.try_text(b" "):
        flags.add(parse_flag(cursor))
    return frozenset(flags)
