"""FETCH responses: labels, and the pieces a stream is made of."""

import pytest

from mssmail.imap.wire.commands import FetchSection, Section
from mssmail.imap.wire.fetch_responses import (
    FETCH_END,
    encode_fetch_start,
    encode_item,
    encode_missing_section,
    encode_section_label,
    encode_section_start,
)


@pytest.mark.parametrize(
    ("item", "label"),
    [
        (FetchSection(Section()), b"BODY[]"),
        (FetchSection(Section(), peek=True), b"BODY[]"),
        (FetchSection(Section((1, 2), "MIME")), b"BODY[1.2.MIME]"),
        (FetchSection(Section(text="HEADER")), b"BODY[HEADER]"),
        (FetchSection(Section((3,)), partial=(10, 20)), b"BODY[3]<10>"),
        (
            FetchSection(Section(text="HEADER.FIELDS", fields=("DATE", "From")), partial=(0, 5)),
            b"BODY[HEADER.FIELDS (DATE From)]<0>",
        ),
        (FetchSection(Section((1,), "HEADER.FIELDS.NOT", ("a b",))), b'BODY[1.HEADER.FIELDS.NOT ("a b")]'),
        (FetchSection(Section(), label="RFC822"), b"RFC822"),
        (FetchSection(Section((1, 2)), partial=(7, 9), label="BINARY"), b"BINARY[1.2]<7>"),
        (FetchSection(Section(), label="BINARY.SIZE"), b"BINARY.SIZE[]"),
        (FetchSection(Section(text="HEADER"), peek=True, label="RFC822.HEADER"), b"RFC822.HEADER"),
    ],
)
def test_an_answer_names_what_was_asked_for(item: FetchSection, label: bytes) -> None:
    assert encode_section_label(item) == label
    assert encode_missing_section(item) == label + b" NIL"
    assert encode_section_start(item, 0) == label + b" {0}\r\n"


def test_a_response_is_made_of_pieces() -> None:
    pieces = [
        encode_fetch_start(12),
        encode_item("UID", b"5"),
        b" ",
        encode_section_start(FetchSection(Section()), 6),
        b"abc",
        b"\r\n)",
        FETCH_END,
    ]
    assert b"".join(pieces) == b"* 12 FETCH (UID 5 BODY[] {6}\r\nabc\r\n))\r\n"
