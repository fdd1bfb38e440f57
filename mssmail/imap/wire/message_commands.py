"""FETCH, STORE, COPY, EXPUNGE and SEARCH, each also as its UID variant (RFC 9051 §6.4.9)."""

import re

from mssmail.core.mailbox import SeqSet, StoreAction, UIDSet
from mssmail.imap.wire.commands import Copy, Expunge, Fetch, FetchItem, Search, Store
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.fetch_items import parse_fetch_items
from mssmail.imap.wire.flags import parse_flags
from mssmail.imap.wire.names import parse_mailbox
from mssmail.imap.wire.number_sets import parse_seq_set, parse_uid_set
from mssmail.imap.wire.search_keys import parse_search

_UID = FetchItem("UID")
_STORE_ATT = re.compile(rb"([+-]?)FLAGS(\.SILENT)?", re.IGNORECASE)


# fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
def parse_fetch(cursor: Cursor) -> Fetch:
    """FETCH."""
    numbers = parse_seq_set(cursor)
    cursor.expect_space()
    return Fetch(numbers, parse_fetch_items(cursor))


def parse_uid_fetch(cursor: Cursor) -> Fetch:
    """UID FETCH, which asks for UID whether it says so or not (RFC 9051 §6.4.9)."""
    numbers = parse_uid_set(cursor)
    cursor.expect_space()
    items = parse_fetch_items(cursor)
    return Fetch(numbers, items if _UID in items else (_UID, *items))


# store = "STORE" SP sequence-set SP store-att-flags
def parse_store(cursor: Cursor) -> Store:
    """STORE."""
    return _parse_flag_change(cursor, parse_seq_set(cursor))


def parse_uid_store(cursor: Cursor) -> Store:
    """UID STORE."""
    return _parse_flag_change(cursor, parse_uid_set(cursor))


# store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
def _parse_flag_change(cursor: Cursor, numbers: SeqSet | UIDSet) -> Store:
    cursor.expect_space()
    change = cursor.expect_match(_STORE_ATT, "FLAGS").upper()
    cursor.expect_space()
    action = StoreAction(change.partition(b"F")[0].decode("ascii"))
    return Store(numbers, action, parse_flags(cursor), silent=change.endswith(b".SILENT"))


# copy = "COPY" SP sequence-set SP mailbox
def parse_copy(cursor: Cursor) -> Copy:
    """COPY."""
    return _parse_target(cursor, parse_seq_set(cursor))


def parse_uid_copy(cursor: Cursor) -> Copy:
    """UID COPY."""
    return _parse_target(cursor, parse_uid_set(cursor))


def _parse_target(cursor: Cursor, numbers: SeqSet | UIDSet) -> Copy:
    cursor.expect_space()
    return Copy(numbers, parse_mailbox(cursor))


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
