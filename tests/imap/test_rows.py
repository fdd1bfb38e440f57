"""Rows as FETCH shows them."""

from datetime import UTC, datetime

import pytest

from mssmail.core.mailbox import UID, Column, MessageMeta, MessageRow, ModSeq, SeqNum
from mssmail.errors import BadSyntax
from mssmail.imap.rows import build_row_encoder, find_columns
from mssmail.imap.stream import build_ask
from mssmail.imap.wire.commands import FetchItem, FetchSection, Section

_META = MessageMeta(UID(5), ModSeq(9), frozenset({"\\Seen", "$x"}), message_id=1)
_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_ROW = MessageRow(_META, 77, b"(E)", b"(B)", b"(BS)", b"To: c\r\nFrom: 100 %d\r\n", internal_date=_AT)


def test_writes_a_row_with_the_uid_first() -> None:
    encode = build_row_encoder(["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "UID"])
    assert encode(_ROW, SeqNum(3), True) == (
        b'* 3 FETCH (UID 5 FLAGS ($x \\Recent \\Seen) INTERNALDATE "02-Jan-2026 03:04:05 +0000" RFC822.SIZE 77'
        b" ENVELOPE (E) BODY (B) BODYSTRUCTURE (BS))\r\n"
    )


def test_a_row_without_its_columns_is_still_well_formed() -> None:
    encode = build_row_encoder(["ENVELOPE", "BODY", "SAVEDATE"])
    assert encode(MessageRow(_META, 77), SeqNum(1), False) == (
        b"* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
        b' BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 77 0) SAVEDATE NIL)\r\n'
    )


@pytest.mark.parametrize(
    ("partial", "written"),
    [
        (None, b" {16}\r\nFrom: 100 %d\r\n\r\n"),
        ((2, 4), b"<2> {4}\r\nom: "),
        ((11, 99), b"<11> {5}\r\nd\r\n\r\n"),
        ((99, 5), b"<99> {0}\r\n"),
    ],
)
def test_writes_fields_that_are_kept_apart_behind_the_items(partial: tuple[int, int] | None, written: bytes) -> None:
    section = Section(text="HEADER.FIELDS", fields=("From",))
    asks = [build_ask(FetchSection(section, peek=True, partial=partial))]
    label = b"BODY[HEADER.FIELDS (From)]"
    assert build_row_encoder(["UID"], asks=asks)(_ROW, SeqNum(3), False) == (
        b"* 3 FETCH (UID 5 " + label + written + b")\r\n"
    )
    assert build_row_encoder([], asks=asks * 2)(_ROW, SeqNum(3), False) == (
        b"* 3 FETCH (" + label + written + b" " + label + written + b")\r\n"
    )


def test_an_unknown_item_is_a_mistake() -> None:
    with pytest.raises(BadSyntax):
        build_row_encoder(["FLAGS", "X-GM-LABELS"])


def test_asks_the_store_only_for_what_is_shown() -> None:
    assert find_columns([FetchItem("UID"), FetchItem("FLAGS")]) == frozenset()
    assert find_columns([FetchItem("ENVELOPE")]) == {Column.ENVELOPE}
    assert find_columns([FetchItem("INTERNALDATE"), FetchItem("SAVEDATE")]) == {Column.INTERNAL_DATE, Column.SAVED_AT}
    assert find_columns([FetchSection(Section(text="HEADER.FIELDS", fields=("a",)))]) == {Column.LAYOUT, Column.HEADER}
    assert find_columns([FetchSection(Section(part=(1,), text="MIME"))]) == {Column.LAYOUT, Column.DATA}


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (Section((), "HEADER.FIELDS", ("From", "x-priority")), {Column.FIELDS}),
        (Section((), "HEADER.FIELDS", ("From", "Received")), {Column.LAYOUT, Column.HEADER}),
        (Section((), "HEADER.FIELDS.NOT", ("From",)), {Column.LAYOUT, Column.HEADER}),
        (Section((1,), "HEADER.FIELDS", ("From",)), {Column.LAYOUT, Column.DATA}),
    ],
)
def test_fields_that_are_kept_apart_need_no_message(section: Section, expected: set[Column]) -> None:
    assert find_columns([FetchSection(section)]) == expected
