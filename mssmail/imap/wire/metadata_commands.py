"""Commands about annotations (RFC 5464 §5)."""

import re

from mssmail.core.annotation import MAX_NAME, Annotation
from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.metadata_values import GetMetadata, SetMetadata
from mssmail.imap.wire.names import INBOX, parse_reference

MAX_ENTRIES = 1_000  # of one command
_DEPTHS: dict[str, int | None] = {"0": 0, "1": 1, "INFINITY": None}

# RFC 5464 §3.2: no control, nothing beyond ASCII, no wildcard, no empty level; and every name is private or shared.
_ENTRY = re.compile(rb"/(?:private|shared)(?:/[^\x00-\x1f\x7f-\xff/%*]++)*+", re.IGNORECASE)
_OPTIONS = re.compile(rb"(?=\((?:MAXSIZE|DEPTH) )", re.IGNORECASE)
_LEVELS, _VENDOR_LEVELS = 2, 4  # RFC 5464 §3.2


# getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
def parse_get_metadata(cursor: Cursor) -> GetMetadata:
    """GETMETADATA. The grammar has the options before the mailbox, the examples of RFC 5464 §4.2 behind it: both do."""
    options = _parse_options(cursor)
    mailbox = _parse_mailbox_and_space(cursor)
    options = options or _parse_options(cursor)
    return GetMetadata(mailbox, _parse_entries(cursor), options.get("MAXSIZE"), options.get("DEPTH", 0))


# setmetadata = "SETMETADATA" SP mailbox SP entry-values
# entry-values = "(" entry-value *(SP entry-value) ")"
def parse_set_metadata(cursor: Cursor) -> SetMetadata:
    """SETMETADATA."""
    mailbox = _parse_mailbox_and_space(cursor)
    changes = cursor.expect_list(lambda: _parse_change(cursor))
    if len(changes) > MAX_ENTRIES:
        raise BadSyntax("too many entries")
    return SetMetadata(mailbox, changes)


# mailbox; the empty name is the server
def _parse_mailbox_and_space(cursor: Cursor) -> str:
    mailbox = parse_reference(cursor)
    cursor.expect_space()
    return INBOX if mailbox.upper() == INBOX else mailbox


# getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
def _parse_options(cursor: Cursor) -> dict[str, int | None]:
    """The options by name and the blank behind them; none when something else stands here."""
    if cursor.try_match(_OPTIONS) is None:
        return {}
    found = cursor.expect_list(lambda: _parse_option(cursor))
    cursor.expect_space()
    if len(dict(found)) < len(found):
        raise BadSyntax("an option stands there twice")
    return dict(found)


# maxsize-opt = "MAXSIZE" SP number
# scope-opt = "DEPTH" SP ("0" / "1" / "infinity")
def _parse_option(cursor: Cursor) -> tuple[str, int | None]:
    name = cursor.expect_keyword("an option")
    cursor.expect_space()
    if name == "MAXSIZE":
        return name, cursor.expect_number()
    depth = cursor.expect_keyword("a depth")
    if name != "DEPTH" or depth not in _DEPTHS:
        raise BadSyntax("there is no such option")
    return name, _DEPTHS[depth]


# entries = entry / "(" entry *(SP entry) ")"
def _parse_entries(cursor: Cursor) -> tuple[str, ...]:
    """Entries; without parentheses too, as in the examples of RFC 5464 §4.4.1."""
    if cursor.is_at(b"("):
        entries = cursor.expect_list(lambda: _parse_entry(cursor))
    else:
        found = [_parse_entry(cursor)]
        while cursor.try_text(b" "):
            found.append(_parse_entry(cursor))
        entries = tuple(found)
    if len(entries) > MAX_ENTRIES:
        raise BadSyntax("too many entries")
    return tuple({entry.lower(): entry for entry in reversed(entries)}.values())[::-1]


# entry = astring
def _parse_entry(cursor: Cursor) -> str:
    raw = cursor.expect_astring("an entry")
    if len(raw) > MAX_NAME or not _ENTRY.fullmatch(raw):
        raise BadSyntax("there can be no such entry")
    return raw.decode("ascii")


# entry-value = entry SP value
def _parse_change(cursor: Cursor) -> Annotation:
    entry = _parse_entry(cursor)
    _, *levels = entry.lower().split("/")
    if len(levels) < (_VENDOR_LEVELS if levels[1:2] == ["vendor"] else _LEVELS):
        raise BadSyntax("an entry of too few levels")
    cursor.expect_space()
    return Annotation(entry, _parse_value(cursor))


# value = nstring / literal8
def _parse_value(cursor: Cursor) -> bytes | None:
    if cursor.try_nil():
        return None
    literal = cursor.try_literal()
    if literal is None:
        return cursor.expect_string("a value")
    if b"\0" in literal.data and not literal.binary:
        raise BadSyntax("a NUL in a string that is not binary")
    return literal.data
