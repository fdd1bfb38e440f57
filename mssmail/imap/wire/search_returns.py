"""RETURN's options for SEARCH and SORT (RFC 4731, RFC 5182, RFC 5267, RFC 9394)."""

import re

from mssmail.core.window import Window, build_window
from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import Cursor

OPTIONS = ("MIN", "MAX", "ALL", "COUNT", "SAVE", "UPDATE", "CONTEXT")  # RFC 4731 §3.1, RFC 5182 §2.1, RFC 5267 §4
PARTIAL = "PARTIAL"

_RETURN = re.compile(rb"RETURN ", re.IGNORECASE)

Returns = tuple[tuple[str, ...] | None, Window | None]


# search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
def parse_returns(cursor: Cursor) -> Returns:
    """The options, each once, and PARTIAL's window; no options at all when there is no RETURN."""
    if not cursor.try_match(_RETURN):
        return None, None
    found = () if cursor.try_text(b"()") else cursor.expect_list(lambda: _parse_option(cursor))
    cursor.expect_space()
    options = tuple(dict.fromkeys(name for name, _ in found))
    windows = [window for _, window in found if window is not None]
    if len(windows) > 1 or {"ALL", PARTIAL} <= set(options):  # RFC 9394 §3.1
        raise BadSyntax("PARTIAL stands alone, and not beside ALL")
    return options, windows[0] if windows else None


def _parse_option(cursor: Cursor) -> tuple[str, Window | None]:
    name = cursor.expect_keyword("an option")
    if name == PARTIAL:
        cursor.expect_space()
        return name, parse_window(cursor)
    if name not in OPTIONS:
        raise BadSyntax("there is no such option")
    return name, None


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
