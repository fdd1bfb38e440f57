"""LIST with the options of RFC 5258, RFC 5819 and RFC 6154, and its older relatives LSUB and XLIST."""

import re

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import List
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.mailbox_commands import parse_status_items
from mssmail.imap.wire.names import parse_list_mailbox, parse_reference

SELECTION_OPTIONS = ("SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE")
RETURN_OPTIONS = ("SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS")

_RETURN = re.compile(rb"RETURN ", re.IGNORECASE)


# list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
def parse_list(cursor: Cursor) -> List:
    """LIST."""
    selection: tuple[str, ...] = ()
    is_extended = cursor.is_at(b"(")
    if is_extended:
        selection = _parse_selection(cursor)
        cursor.expect_space()
    reference = parse_reference(cursor)
    cursor.expect_space()
    is_extended = is_extended or cursor.is_at(b"(")
    patterns = _parse_patterns(cursor)
    has_returns = cursor.try_text(b" ")
    returns, status_items = _parse_returns(cursor) if has_returns else ((), ())
    return List("LIST", reference, patterns, selection, returns, status_items, is_extended or has_returns)


# lsub = "LSUB" SP mailbox SP list-mailbox
def parse_lsub(cursor: Cursor) -> List:
    """LSUB."""
    return _parse_plain(cursor, "LSUB")


def parse_xlist(cursor: Cursor) -> List:
    """XLIST, which some clients of Google's day still send, is LIST by another name."""
    return _parse_plain(cursor, "XLIST")


def _parse_plain(cursor: Cursor, name: str) -> List:
    reference = parse_reference(cursor)
    cursor.expect_space()
    return List(name, reference, (parse_list_mailbox(cursor),))


# mbox-or-pat = list-mailbox / patterns
# patterns = "(" list-mailbox *(SP list-mailbox) ")"
def _parse_patterns(cursor: Cursor) -> tuple[str, ...]:
    if cursor.is_at(b"("):
        return cursor.expect_list(lambda: parse_list_mailbox(cursor))
    return (parse_list_mailbox(cursor),)


# list-select-opts = "(" [list-select-option *(SP list-select-option)] ")"
def _parse_selection(cursor: Cursor) -> tuple[str, ...]:
    if cursor.try_text(b"()"):
        return ()
    options = cursor.expect_list(lambda: _parse_option(cursor, SELECTION_OPTIONS))
    if "RECURSIVEMATCH" in options and "SUBSCRIBED" not in options:
        raise BadSyntax("RECURSIVEMATCH goes with SUBSCRIBED")  # RFC 5258 §3.1; RFC 6154 §6: SPECIAL-USE is no base
    return tuple(dict.fromkeys(options))


# list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
def _parse_returns(cursor: Cursor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    cursor.expect_match(_RETURN, "RETURN")
    if cursor.try_text(b"()"):
        return (), ()
    options = cursor.expect_list(lambda: _parse_return(cursor))
    return tuple(name for name, _ in options), tuple(dict.fromkeys(item for _, items in options for item in items))


# status-option = "STATUS" SP "(" status-att *(SP status-att) ")"; RFC 5819 §4
def _parse_return(cursor: Cursor) -> tuple[str, tuple[str, ...]]:
    option = _parse_option(cursor, RETURN_OPTIONS)
    if option != "STATUS":
        return option, ()
    cursor.expect_space()
    return option, parse_status_items(cursor)


def _parse_option(cursor: Cursor, known: tuple[str, ...]) -> str:
    option = cursor.expect_keyword("an option")
    if option not in known:  # RFC 5258 §3: BAD
        raise BadSyntax("there is no such option")
    return option
