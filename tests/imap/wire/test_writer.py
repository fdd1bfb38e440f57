"""What a server writes, in the form that most readers read."""

import pytest

from mssmail.core.mailbox import STAR
from mssmail.imap.wire.writer import (
    encode_astring,
    encode_client_string,
    encode_flags,
    encode_literal,
    encode_mailbox,
    encode_nstring,
    encode_number_set,
    encode_ranges,
    encode_string,
    encode_text,
)


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        (b"", b'""'),
        (b"a b", b'"a b"'),
        (b'a"\\', b'"a\\"\\\\"'),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
        ("é".encode(), b"{2}\r\n\xc3\xa9"),
        (b"\x7f", b"{1}\r\n\x7f"),
        (b"x" * 1_000, b'"' + b"x" * 1_000 + b'"'),
        (b"x" * 1_001, b"{1001}\r\n" + b"x" * 1_001),
    ],
)
def test_a_string_is_quoted_where_that_is_safe(raw: bytes, written: bytes) -> None:
    assert encode_string(raw) == written
    assert encode_nstring(raw) == written


def test_a_client_does_not_wait_to_be_asked_for_its_literal() -> None:
    assert encode_client_string(b"a b") == b'"a b"'
    assert encode_client_string(b"a\r\n") == b"{3+}\r\na\r\n"


def test_only_printable_ascii_is_quoted() -> None:
    for octet in range(256):
        quoted = encode_string(bytes([octet])).startswith(b'"')
        assert quoted == (0x20 <= octet <= 0x7E), octet


def test_none_is_nil_and_an_octet_string_is_a_literal() -> None:
    assert encode_nstring(None) == b"NIL"
    assert encode_literal(b"abc") == b"{3}\r\nabc"


@pytest.mark.parametrize(
    ("raw", "written"), [(b"a]+", b"a]+"), (b"", b'""'), (b"nil", b'"nil"'), (b"a b", b'"a b"'), (b"a%", b'"a%"')]
)
def test_an_astring_is_an_atom_where_one_will_do(raw: bytes, written: bytes) -> None:
    assert encode_astring(raw) == written


@pytest.mark.parametrize(
    ("name", "plain", "utf8"),
    [
        ("Inbox", b"INBOX", b"INBOX"),
        ("Sent Items", b'"Sent Items"', b'"Sent Items"'),
        ("été", b"&AOk-t&AOk-", '"été"'.encode()),
        ("R&D", b"R&-D", b"R&D"),
        ('é"', b'"&AOk-\\""', b'"\xc3\xa9\\""'),
        ("é\t", b"&AOkACQ-", b"{3}\r\n\xc3\xa9\t"),
        ("é" * 600, None, b"{1200}\r\n" + "é".encode() * 600),
    ],
)
def test_a_name_is_written_in_the_alphabet_the_client_reads(name: str, plain: bytes | None, utf8: bytes) -> None:
    if plain is not None:
        assert encode_mailbox(name) == plain
    assert encode_mailbox(name, utf8=True) == utf8


def test_flags_always_look_the_same() -> None:
    assert encode_flags({"b", r"\Seen", "$a"}) == rb"($a \Seen b)"
    assert encode_flags(()) == b"()"


def test_numbers_are_written_as_runs() -> None:
    assert encode_number_set([1, 2, 3, 5, 8, 9]) == b"1:3,5,8:9"
    assert encode_number_set([]) == b""
    assert encode_ranges([(4, 4), (7, 9), (12, STAR), (STAR, STAR)]) == b"4,7:9,12:*,*"


@pytest.mark.parametrize(
    ("text", "written"), [("Done", b"Done"), ("", b"-"), ("a\r\nA1 OK b", b"a?A1 OK b"), ("été", b"?t?")]
)
def test_text_cannot_break_its_line(text: str, written: bytes) -> None:
    assert encode_text(text) == written
