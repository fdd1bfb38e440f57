"""Annotations on the wire, both ways."""

import pytest

from mssmail.core.annotation import Annotation
from mssmail.imap.wire.command_writer import encode_command
from mssmail.imap.wire.commands import Command, CommandBody, GetMetadata, SetMetadata
from mssmail.imap.wire.metadata_writer import ChangedMetadata, Metadata, encode_metadata
from tests.imap.wire.support import read_command


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, b"NIL"),
        (b"", b'""'),
        (b"NIL", b'"NIL"'),
        (b'a "b" \\', b'"a \\"b\\" \\\\"'),
        (b"two\r\nlines", b"{10}\r\ntwo\r\nlines"),
        ("é".encode(), b"{2}\r\n\xc3\xa9"),
        (b"a\0b", b"~{3}\r\na\0b"),
    ],
)
def test_values_are_what_every_reader_understands(value: bytes | None, written: bytes) -> None:
    line = encode_metadata(Metadata("", (Annotation("/shared/x", value),)), utf8=False)
    assert line == b'* METADATA "" (/shared/x ' + written + b")"


def test_several_entries_stand_in_one_response() -> None:
    both = (Annotation("/shared/a", b"1"), Annotation("/private/b c", None))
    assert encode_metadata(Metadata("é", both), utf8=False) == (b'* METADATA &AOk- (/shared/a "1" "/private/b c" NIL)')
    assert encode_metadata(Metadata("é", both[:1]), utf8=True) == '* METADATA "é" (/shared/a "1")'.encode()


def test_what_changed_is_told_by_name_alone() -> None:
    assert encode_metadata(ChangedMetadata("", ("/shared/a", "/private/b c")), utf8=False) == (
        b'* METADATA "" /shared/a "/private/b c"'
    )


@pytest.mark.parametrize(
    "body",
    [
        GetMetadata("", ("/shared/comment",)),
        GetMetadata("a é", ("/shared/a b", "/private"), 10, 1),
        GetMetadata("a", ("/shared",), depth=None),
        GetMetadata("a", ("/shared",), 0),
        SetMetadata("INBOX", (Annotation("/shared/a", None), Annotation("/private/b", b""))),
        SetMetadata("", (Annotation("/private/b", b"a\0b"), Annotation("/private/c", b"\r\n"))),
    ],
)
@pytest.mark.parametrize("utf8", [False, True])
def test_a_command_parses_to_itself(body: CommandBody, utf8: bool) -> None:
    line = encode_command(Command("A1", body), utf8=utf8)
    assert read_command(line.removeprefix(b"A1 ").removesuffix(b"\r\n"), utf8=utf8) == body
