"""RETURN's options for SEARCH and SORT (RFC 4731, RFC 5182, RFC 5267, RFC 5465 §7, RFC 9394)."""

import re
from typing import NamedTuple

from mssmail.core.window import Window, build_window
from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.fetch_items import parse_fetch_list
from mssmail.imap.wire.fetch_values import Item

SAVE = "SAVE"
OPTIONS = ("MIN", "MAX", "ALL", "COUNT", SAVE, "UPDATE", "CONTEXT")  # RFC 4731 §3.1, RFC 5182 §2.1, RFC 5267 §4
PARTIAL = "PARTIAL"
UPDATE = "UPDATE"

_RETURN = re.compile(rb"RETURN ", re.IGNORECASE)


class Returns(NamedTuple):
    """Options, each once; None: there was no RETURN. With PARTIAL's window and what UPDATE wants to be fetched."""

    options: tuple[str, ...] | None = None
    window: Window | None = None
    updates: tuple[Item, ...] = ()


# search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
def parse_returns(cursor: Cursor) -> Returns:
    """What stands there, and the space behind it; nothing at all when there is no RETURN."""
    if not cursor.try_match(_RETURN):
        return Returns()
    found = () if cursor.try_text(b"()") else cursor.expect_list(lambda: _parse_option(cursor))
    cursor.expect_space()
    options = tuple(dict.fromkeys(name for name, _, _ in found))
    windows = [window for _, window, _ in found if window is not None]
    if len(windows) > 1 or {"ALL", PARTIAL} <= set(options):  # RFC 9394 §3.1
        raise BadSyntax("PARTIAL stands alone, and not beside ALL")
    updates = tuple(dict.fromkeys(item for _, _, items in found for item in items))
    return Returns(options, windows[0] if windows else None, updates)


# modifier-update = "UPDATE" ["(" fetch-att *(SP fetch-att) ")"]; RFC 5465 §8, whose example has a space in between
def _parse_option(cursor: Cursor) -> tuple[str, Window | None, tuple[Item, ...]]:
    name = cursor.expect_keyword("an option")
    if name == PARTIAL:
        cursor.expect_space()
        return name, parse_window(cursor), ()
    if name not in OPTIONS:
        raise BadSyntax("there is no such option")
    if name == UPDATE and (cursor.is_at(b"(") or cursor.is_at(b" (")):
        cursor.try_text(b" ")
        return name, None, parse_fetch_list(cursor)
    return name, None, ()


# partial-range = partial-range-first / partial-range-last
# partial-range-first = nz-number ":" nz-number
# partial-range-last = MINUS nz-number ":" MINUS nz-number; RFC 9394 §4
def parse_window(cursor: Cursor) -> Window:
    """``1:500``, or ``-1:-500`` from the end, in either order."""
    one = _parse_place(cursor)
    cursor.expect_text(b":")
    try:
        return build_window(one, _parse_place(cursor))
    except ValueError as fault:
        raise BadSyntax(str(fault)) from fault


def _parse_place(cursor: Cursor) -> int:
    sign = -1 if cursor.try_text(b"-") else 1
    return sign * cursor.expect_nz_number()
