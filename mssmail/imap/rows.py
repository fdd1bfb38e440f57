"""FETCH responses of what a row of the store brings along: one format for all rows of a command, filled in for each.

A message that was asked for more than its row brings is read; its sections then follow what is written here.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from mssmail.core.mailbox import Column, MessageRow, SeqNum
from mssmail.errors import BadSyntax
from mssmail.imap.render import encode_flag_list, fold_names
from mssmail.imap.stream import Ask
from mssmail.imap.wire.commands import FetchItem, FetchSection, Section
from mssmail.imap.wire.dates import encode_date_time
from mssmail.imap.wire.fetch_responses import FETCH_END
from mssmail.imap.wire.writer import NIL, encode_nstring
from mssmail.mime.fields import LISTED_FIELDS, build_picker

# What is shown of a message whose columns are missing: never a reason to fail a FETCH of others.
_NO_ENVELOPE = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
_NO_BODY = b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" %d 0)'

RowEncoder = Callable[[MessageRow, SeqNum, bool], bytes]
_Find = Callable[[MessageRow, bool, tzinfo], bytes | int]

_ITEMS: dict[str, tuple[bytes, _Find]] = {  # the format of its value, and the value
    "UID": (b"%d", lambda row, _, __: row.meta.uid),
    "FLAGS": (b"%b", lambda row, recent, _: encode_flag_list(row.meta.flags, recent=recent)),
    "INTERNALDATE": (b"%b", lambda row, _, zone: _encode_moment(row.internal_date, zone)),
    "RFC822.SIZE": (b"%d", lambda row, _, __: row.size),
    "MODSEQ": (b"(%d)", lambda row, _, __: row.meta.modseq),
    "SAVEDATE": (b"%b", lambda row, _, zone: _encode_moment(row.saved_at, zone)),
    "EMAILID": (b"(E%d)", lambda row, _, __: row.meta.message_id),
    "THREADID": (b"%b", lambda row, _, __: NIL if row.thread is None else b"(%b)" % row.thread.encode("ascii")),
    "PREVIEW": (b"%b", lambda row, _, __: encode_nstring(None if row.preview is None else row.preview.encode("utf-8"))),
    "ENVELOPE": (b"%b", lambda row, _, __: row.envelope or _NO_ENVELOPE),
    "BODY": (b"%b", lambda row, _, __: row.body or _NO_BODY % row.size),
    "BODYSTRUCTURE": (b"%b", lambda row, _, __: row.bodystructure or _NO_BODY % row.size),
}
_COLUMNS = {
    "INTERNALDATE": Column.INTERNAL_DATE,
    "SAVEDATE": Column.SAVED_AT,
    "ENVELOPE": Column.ENVELOPE,
    "BODY": Column.BODY,
    "BODYSTRUCTURE": Column.BODYSTRUCTURE,
    "PREVIEW": Column.PREVIEW,
    "THREADID": Column.THREAD,
}


def find_columns(items: Iterable[FetchItem | FetchSection]) -> frozenset[Column]:
    """What a page of rows must bring along for these items."""
    listed = list(items)
    columns = {_COLUMNS[item.name] for item in listed if isinstance(item, FetchItem) and item.name in _COLUMNS}
    sections = [item.section for item in listed if isinstance(item, FetchSection)]
    if all(map(is_listed, sections)):
        columns |= {Column.FIELDS} if sections else set()
    else:
        columns |= {Column.LAYOUT, Column.HEADER if all(map(is_top_header, sections)) else Column.DATA}
    return frozenset(columns)


def is_top_header(section: Section) -> bool:
    """Only the message's own header is needed."""
    return not section.part and section.text.startswith("HEADER")


def is_listed(section: Section) -> bool:
    """The fields it names are kept apart from the message."""
    return not section.part and section.text == "HEADER.FIELDS" and fold_names(section) <= LISTED_FIELDS


def build_row_encoder(names: Iterable[str], zone: tzinfo = UTC, asks: Sequence[Ask] = ()) -> RowEncoder:
    """A function that writes ``* n FETCH (…)`` of a row, given its number and whether it is recent; UID stands first.

    With ``asks``, which are of fields kept apart, it is for rows that have those.
    """
    ordered = sorted(dict.fromkeys(names), key=lambda name: name != "UID")
    unknown = [name for name in ordered if name not in _ITEMS]
    if unknown:
        raise BadSyntax("an unknown item of FETCH", items=unknown)
    items = [(name.encode("ascii") + b" " + _ITEMS[name][0], _ITEMS[name][1]) for name in ordered]
    items += [(ask.label.replace(b"%", b"%%") + b" %b", _build_find(ask)) for ask in asks]
    response = b"* %d FETCH (" + b" ".join([form for form, _ in items]) + FETCH_END
    finds = [find for _, find in items]

    def encode(row: MessageRow, number: SeqNum, recent: bool) -> bytes:
        return response % (number, *[find(row, recent, zone) for find in finds])

    return encode


def _build_find(ask: Ask) -> _Find:
    pick = build_picker(ask.names)
    cut = None if ask.partial is None else slice(ask.partial[0], sum(ask.partial))

    def find(row: MessageRow, _: bool, __: tzinfo) -> bytes:
        found = pick(row.fields or b"")
        if cut is not None:
            found = found[cut]
        return b"{%d}\r\n%b" % (len(found), found)

    return find


def _encode_moment(at: datetime | None, zone: tzinfo) -> bytes:
    return NIL if at is None else encode_date_time(at, zone)
