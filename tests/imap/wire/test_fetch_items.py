"""What can be fetched, and how it is asked for."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import FetchItem, FetchSection, Section
from mssmail.imap.wire.fetch_items import MAX_DEPTH, parse_fetch_items
from mssmail.imap.wire.fetch_values import Item
from tests.imap.wire.support import build_cursor


def _parse(text: bytes, *literals: bytes) -> tuple[Item, ...]:
    cursor = build_cursor(text, *literals)
    items = parse_fetch_items(cursor)
    cursor.expect_end()
    return items


def _names(*names: str) -> tuple[Item, ...]:
    return tuple(FetchItem(name) for name in names)


FAST = _names("FLAGS", "INTERNALDATE", "RFC822.SIZE")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (b"FAST", FAST),
        (b"all", (*FAST, FetchItem("ENVELOPE"))),
        (b"FULL", (*FAST, *_names("ENVELOPE", "BODY"))),
        (b"flags", _names("FLAGS")),
        (b"(UID BODY BODYSTRUCTURE)", _names("UID", "BODY", "BODYSTRUCTURE")),
        (b"(FLAGS UID flags)", _names("FLAGS", "UID")),
        (b"RFC822", (FetchSection(Section(), label="RFC822"),)),
        (b"BINARY[]", (FetchSection(Section(), label="BINARY"),)),
        (b"binary.peek[1.2]<3.4>", (FetchSection(Section((1, 2)), peek=True, partial=(3, 4), label="BINARY"),)),
        (b"BINARY.SIZE[1]", (FetchSection(Section((1,)), peek=True, label="BINARY.SIZE"),)),
        (b"RFC822.HEADER", (FetchSection(Section(text="HEADER"), peek=True, label="RFC822.HEADER"),)),
        (b"RFC822.TEXT", (FetchSection(Section(text="TEXT"), label="RFC822.TEXT"),)),
        (b"RFC822.SIZE", _names("RFC822.SIZE")),
        (b"preview", _names("PREVIEW")),
        (b"PREVIEW (lazy)", (FetchItem("PREVIEW", is_lazy=True),)),
        (b"(PREVIEW (LAZY LAZY) UID)", (FetchItem("PREVIEW", is_lazy=True), FetchItem("UID"))),
    ],
)
def test_macros_are_expanded_and_each_thing_is_asked_once(text: bytes, items: tuple[Item, ...]) -> None:
    assert _parse(text) == items


@pytest.mark.parametrize(
    ("text", "section"),
    [
        (b"[]", Section()),
        (b"[1]", Section((1,))),
        (b"[1.2.3]", Section((1, 2, 3))),
        (b"[HEADER]", Section(text="HEADER")),
        (b"[text]", Section(text="TEXT")),
        (b"[1.MIME]", Section((1,), "MIME")),
        (b"[4.2.header]", Section((4, 2), "HEADER")),
        (b"[HEADER.FIELDS (Date)]", Section(text="HEADER.FIELDS", fields=("Date",))),
        (b'[1.HEADER.FIELDS.NOT (DATE "From")]', Section((1,), "HEADER.FIELDS.NOT", ("DATE", "From"))),
    ],
)
def test_a_section_is_part_numbers_and_then_a_text(text: bytes, section: Section) -> None:
    assert _parse(b"BODY" + text) == (FetchSection(section),)
    assert _parse(b"body.peek" + text) == (FetchSection(section, peek=True),)


def test_a_field_name_may_come_as_a_literal() -> None:
    assert _parse(b"BODY[HEADER.FIELDS (\n)]", b"Date") == (
        FetchSection(Section(text="HEADER.FIELDS", fields=("Date",))),
    )


def test_a_part_of_the_octets_can_be_asked_for() -> None:
    assert _parse(b"BODY[]<0.2048>") == (FetchSection(Section(), partial=(0, 2048)),)
    assert _parse(b"(BODY.PEEK[1]<5.1> UID)")[0] == FetchSection(Section((1,)), peek=True, partial=(5, 1))


def test_without_a_length_the_rest_is_asked_for() -> None:
    (item,) = _parse(b"BINARY.PEEK[1]<15>")
    assert item == FetchSection(Section((1,)), peek=True, partial=(15, 2**63 - 1), label="BINARY")


def test_what_is_no_part_may_be_asked_for_decoded_too() -> None:
    assert _parse(b"(BINARY[TEXT] BINARY.SIZE[1.MIME])") == (
        FetchSection(Section(text="TEXT"), label="BINARY"),
        FetchSection(Section((1,), "MIME"), peek=True, label="BINARY.SIZE"),
    )


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"()",
        b"(FAST)",
        b"FLAGS UID",
        b"BODY.PEEK",
        b"X",
        b"MODSEQS",
        b"BODY[",
        b"BINARY",
        b"BINARY[MIME]",
        b"BINARY.SIZE[1]<0.1>",
        b"BODY[0]",
        b"BODY[1.]",
        b"BODY[.1]",
        b"BODY[1.0]",
        b"BODY[1HEADER.FIELDS]",
        b"BODY[MIME]",
        b"BODY[HEADER.1]",
        b"BODY[TEXT.MIME]",
        b"BODY[1 ]",
        b"BODY[HEADER.FIELDS]",
        b"BODY[HEADER.FIELDS ()]",
        b"BODY[HEADER.FIELDS (DATE]",
        b"BODY[HEADER (DATE)]",
        b'BODY[HEADER.FIELDS ("")]',
        b'BODY[HEADER.FIELDS ("a\tb")]',
        b"BODY[4294967296]",
        b"BODY[]<>",
        b"BODY[]<0",
        b"BODY[]<0.>",
        b"BODY[]<0.0>",
        b"BODY[]<0.5",
        b"BODY[]<-1.5>",
        b"BODY[]<9223372036854775808.5>",
        b"RFC822<0.5>",
    ],
)
def test_what_cannot_be_fetched_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        _parse(text)


def test_a_part_that_lies_half_a_million_deep_is_not_read() -> None:
    deepest = b"BODY[" + b".".join([b"1"] * MAX_DEPTH) + b"]"
    (item,) = parse_fetch_items(build_cursor(deepest))
    assert isinstance(item, FetchSection)
    assert len(item.section.part) == MAX_DEPTH
    with pytest.raises(BadSyntax, match="that deep"):
        parse_fetch_items(build_cursor(b"BODY[" + b"1." * 500_000 + b"1]"))
