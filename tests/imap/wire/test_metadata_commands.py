"""Commands about annotations."""

import pytest

from mssmail.core.annotation import MAX_NAME, Annotation
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import CommandBody, GetMetadata, SetMetadata
from mssmail.imap.wire.metadata_commands import MAX_ENTRIES
from tests.imap.wire.support import read_command

A, B = "/shared/comment", "/private/comment"


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (b'GETMETADATA "" /shared/comment', GetMetadata("", (A,))),
        (b"getmetadata inbox (/shared/comment /private/comment)", GetMetadata("INBOX", (A, B))),
        (b'GETMETADATA "a b" "/shared/comment" /private/comment', GetMetadata("a b", (A, B))),
        (b"GETMETADATA &AOk- {15+}\r\n/shared/comment", GetMetadata("é", (A,))),
        (b"GETMETADATA a (/shared/comment /SHARED/Comment)", GetMetadata("a", (A,))),
        (b"GETMETADATA (DEPTH 1) a /shared", GetMetadata("a", ("/shared",), depth=1)),
        (b"GETMETADATA a (depth Infinity maxsize 9) (/private)", GetMetadata("a", ("/private",), 9, None)),
        (b"GETMETADATA (MAXSIZE 0 DEPTH 0) a /private", GetMetadata("a", ("/private",), 0, 0)),
        (b"SETMETADATA INBOX (/private/comment NIL)", SetMetadata("INBOX", (Annotation(B, None),))),
        (
            b'SETMETADATA "" (/private/comment "a \\"b\\"" /shared/comment {3+}\r\na\r\n)',
            SetMetadata("", (Annotation(B, b'a "b"'), Annotation(A, b"a\r\n"))),
        ),
        (
            b'SETMETADATA a (/private/vendor/x/y ~{3+}\r\na\0b /shared/c "")',
            SetMetadata("a", (Annotation("/private/vendor/x/y", b"a\0b"), Annotation("/shared/c", b""))),
        ),
        (b"SETMETADATA a (/shared/c ~{1+}\r\na)", SetMetadata("a", (Annotation("/shared/c", b"a"),))),
        (
            b'SETMETADATA a ("/shared/a b]" \xff)'.replace(b"\xff", b"{1+}\r\n\xff"),
            SetMetadata("a", (Annotation("/shared/a b]", b"\xff"),)),
        ),
    ],
)
def test_reads_each(text: bytes, body: CommandBody) -> None:
    assert read_command(text) == body


@pytest.mark.parametrize(
    "entry",
    [
        b"comment",
        b"/comment",
        b"/",
        b'""',
        b"/shared/",
        b"/shared//a",
        b"/shared/a/",
        b"/sharedx/a",
        b'"/shared/*"',
        b'"/shared/%"',
        b"{10+}\r\n/shared/\x01a",
        b"{9+}\r\n/shared/\x7f",
        b"{10+}\r\n/shared/\xc3\xa9",
        b"{10+}\r\n/shared/a\0",
        b"{9+}\r\n/shared/\n",
        b"/shared/" + b"a" * MAX_NAME,
        b"(/shared/a /b/c)",
        b"()",
    ],
)
def test_refuses_names_that_cannot_be(entry: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(b"GETMETADATA INBOX " + entry)


@pytest.mark.parametrize(
    "text",
    [
        b"GETMETADATA INBOX",
        b'GETMETADATA ""',
        b"GETMETADATA (DEPTH 2) a /shared",
        b"GETMETADATA (DEPTH) a /shared",
        b"GETMETADATA (WIDTH 1) a /shared",
        b"GETMETADATA (MAXSIZE 1 MAXSIZE 2) a /shared",
        b"GETMETADATA (MAXSIZE 1 WIDTH 0) a /shared",
        b"GETMETADATA (MAXSIZE infinity) a /shared",
        b"GETMETADATA (MAXSIZE 1) a (DEPTH 1) /shared",
        b"GETMETADATA (MAXSIZE 99999999999) a /shared",
        b"SETMETADATA INBOX",
        b"SETMETADATA INBOX ()",
        b"SETMETADATA INBOX /shared/a NIL",
        b"SETMETADATA INBOX (/shared/a)",
        b"SETMETADATA INBOX (/shared NIL)",
        b"SETMETADATA INBOX (/shared/vendor/x NIL)",
        b"SETMETADATA INBOX (/shared/vendor NIL)",
        b"SETMETADATA INBOX (/shared/a atom)",
        b"SETMETADATA INBOX (/shared/a {1+}\r\n\0)",
        b'SETMETADATA INBOX (/shared/a "b" )',
    ],
)
def test_refuses_what_the_grammar_does_not_know(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(text)


def test_no_command_names_very_many() -> None:
    names = b" ".join(b"/shared/%d" % number for number in range(MAX_ENTRIES + 1))
    with pytest.raises(BadSyntax):
        read_command(b"GETMETADATA a (" + names + b")")
    with pytest.raises(BadSyntax):
        read_command(b"SETMETADATA a (" + names.replace(b" ", b" NIL ") + b" NIL)")
