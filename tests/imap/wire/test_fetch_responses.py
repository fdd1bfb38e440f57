"""FETCH responses: labels of sections."""

import pytest

from mssmail.imap.wire.commands import FetchSection, Section
from mssmail.imap.wire.fetch_responses import encode_section_label


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
