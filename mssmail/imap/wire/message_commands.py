"""FETCH, STORE, COPY, MOVE, EXPUNGE and SEARCH, each also as its UID variant (RFC 9051 §6.4.9)."""

import re

from mssmail.core.mailbox import ModSeq, StoreAction
from mssmail.core.window import Window
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Copy, Expunge, Fetch, FetchItem, Move, Search, Store
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.fetch_items import parse_fetch_items
from mssmail.imap.wire.flags import parse_flags
from mssmail.imap.wire.names import parse_mailbox
from mssmail.imap.wire.number_sets import parse_modseq, parse_numbers, parse_uid_set
from mssmail.imap.wire.search_keys import parse_search
from mssmail.imap.wire.search_returns import parse_window

_UID, _MODSEQ = FetchItem("UID"), FetchItem("MODSEQ")
_STORE_ATT = re.compile(rb"([+-]?)FLAGS(\.SILENT)?", re.IGNORECASE)
_UNCHANGED_SINCE = re.compile(rb"UNCHANGEDSINCE ", re.IGNORECASE)


def parse_fetch(cursor: Cursor) -> Fetch:
    """FETCH."""
    return _parse_fetch(cursor, uid=False)


def parse_uid_fetch(cursor: Cursor) -> Fetch:
    """UID FETCH, which asks for UID whether it says so or not (RFC 9051 §6.4.9)."""
    return _parse_fetch(cursor, uid=True)


# fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
#         [SP "(" fetch-modifier *(SP fetch-modifier) ")"]; RFC 4466 §6
def _parse_fetch(cursor: Cursor, *, uid: bool) -> Fetch:
    numbers = parse_numbers(cursor, uid=uid)
    cursor.expect_space()
    items = parse_fetch_items(cursor)
    if uid and _UID not in items:
        items = (_UID, *items)
    if not cursor.try_text(b" "):
        return Fetch(numbers, items)
    modifiers = cursor.expect_list(lambda: _parse_fetch_modifier(cursor))
    found = dict(modifiers)
    vanished, since, window = "VANISHED" in found, found.get("CHANGEDSINCE"), found.get("PARTIAL")
    if len(found) < len(modifiers) or (vanished and since is None) or (window is not None and not uid):
        # RFC 7162 §3.2.6: VANISHED only with CHANGEDSINCE; RFC 9394 §3.4: PARTIAL only of UID FETCH
        raise BadSyntax("modifiers of FETCH that do not go together")
    if since is not None and _MODSEQ not in items:
        items = (*items, _MODSEQ)
    return Fetch(
        numbers,
        items,
        ModSeq(since) if isinstance(since, int) else None,
        vanished,
        window if isinstance(window, Window) else None,
    )


# fetch-modifier = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range; RFC 7162 §7
def _parse_fetch_modifier(cursor: Cursor) -> tuple[str, ModSeq | Window | None]:
    """The modifier's name and its value, if it has one."""
    name = cursor.expect_keyword("a modifier")
    if name == "VANISHED":
        return name, None
    if name not in {"CHANGEDSINCE", "PARTIAL"}:
        raise BadSyntax("there is no such modifier of FETCH")
    cursor.expect_space()
    return name, parse_modseq(cursor) if name == "CHANGEDSINCE" else parse_window(cursor)


def parse_store(cursor: Cursor) -> Store:
    """STORE."""
    return _parse_flag_change(cursor, uid=False)


def parse_uid_store(cursor: Cursor) -> Store:
    """UID STORE."""
    return _parse_flag_change(cursor, uid=True)


# store = "STORE" SP sequence-set [SP "(" store-modifier ")"] SP store-att-flags; RFC 4466 §6
# store-modifier = "UNCHANGEDSINCE" SP mod-sequence-valzer; RFC 7162 §7
# store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
def _parse_flag_change(cursor: Cursor, *, uid: bool) -> Store:
    numbers = parse_numbers(cursor, uid=uid)
    cursor.expect_space()
    since = None
    if cursor.try_text(b"("):
        cursor.expect_match(_UNCHANGED_SINCE, "UNCHANGEDSINCE")
        since = parse_modseq(cursor)
        cursor.expect_text(b") ")
    change = cursor.expect_match(_STORE_ATT, "FLAGS").upper()
    cursor.expect_space()
    action = StoreAction(change.partition(b"F")[0].decode("ascii"))
    return Store(numbers, action, parse_flags(cursor), change.endswith(b".SILENT"), since)


# copy = "COPY" SP sequence-set SP mailbox
def parse_copy(cursor: Cursor) -> Copy:
    """COPY."""
    numbers = parse_numbers(cursor, uid=False)
    cursor.expect_space()
    return Copy(numbers, parse_mailbox(cursor))


def parse_uid_copy(cursor: Cursor) -> Copy:
    """UID COPY."""
    numbers = parse_numbers(cursor, uid=True)
    cursor.expect_space()
    return Copy(numbers, parse_mailbox(cursor))


# move = "MOVE" SP sequence-set SP mailbox; RFC 6851 §5
def parse_move(cursor: Cursor) -> Move:
    """MOVE."""
    numbers = parse_numbers(cursor, uid=False)
    cursor.expect_space()
    return Move(numbers, parse_mailbox(cursor))


def parse_uid_move(cursor: Cursor) -> Move:
    """UID MOVE."""
    numbers = parse_numbers(cursor, uid=True)
    cursor.expect_space()
    return Move(numbers, parse_mailbox(cursor))


# uid-expunge = "UID" SP "EXPUNGE" SP sequence-set; RFC 4315 §4
def parse_uid_expunge(cursor: Cursor) -> Expunge:
    """UID EXPUNGE."""
    return Expunge(parse_uid_set(cursor))


# search = "SEARCH" SP search-program
def parse_seq_search(cursor: Cursor) -> Search:
    """SEARCH."""
    return parse_search(cursor, uid=False)


def parse_uid_search(cursor: Cursor) -> Search:
    """UID SEARCH."""
    return parse_search(cursor, uid=True)
