"""IMAP strings for all bytes there are."""

import pytest

from mssmail.mime.nstring import encode_nstring, encode_string, encode_text
from tests.mime.imap_syntax import read_tree


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (b"", b'""'),
        (b"a b", b'"a b"'),
        (b'say "\\"', b'"say \\"\\\\\\""'),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
        ("é".encode(), b"{2}\r\n\xc3\xa9"),
        (b"a\0b", b"{2}\r\nab"),
        (b"NIL", b'"NIL"'),
    ],
)
def test_encodes_a_string(value: bytes, encoded: bytes) -> None:
    assert encode_string(value) == encoded


@pytest.mark.parametrize("byte", range(256))
def test_every_byte_but_nul_comes_back(byte: int) -> None:
    value = b"a" + bytes([byte]) + b"z"
    assert read_tree(b"(" + encode_string(value) + b")") == [value.replace(b"\0", b"")]


def test_long_strings_are_literals() -> None:
    assert encode_string(b"x" * 1_001).startswith(b"{1001}\r\n")


def test_nothing_is_nil() -> None:
    assert (encode_nstring(None), encode_nstring(b""), encode_text(""), encode_text("é")) == (
        b"NIL",
        b'""',
        b"NIL",
        b"{2}\r\n\xc3\xa9",
    )
